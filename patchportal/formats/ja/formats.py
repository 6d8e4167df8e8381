"""Dates in Japanese as browsers write them, so that those of the server and of the browser are alike."""

DATE_FORMAT = "Y/m/d"
