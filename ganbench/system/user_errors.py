"""What is the user's to mend, whichever package says so."""

import ganzoo.errors
import metrics.errors
from ganbench.errors import InputError

USER_ERRORS = (InputError, ganzoo.errors.InputError, metrics.errors.InputError)
