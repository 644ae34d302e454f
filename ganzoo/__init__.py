"""The models that are compared, each behind the same trainer interface."""
