"""Runs on the nodes of a Ray cluster: `ganbench run --on ray`.

The driver, which alone writes into the results folder: connection, resources, fleet, inbox.
A node, which trains and judges in a scratch folder of its own cache: node, judge, outbox.
"""
