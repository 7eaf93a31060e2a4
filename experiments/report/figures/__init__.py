"""Figures of a trial, of a task's baselines, of a sweep and of the suite, drawn without a screen."""

import logging

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # its cache goes elsewhere where HOME is read-only
