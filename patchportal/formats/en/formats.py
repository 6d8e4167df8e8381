"""Dates in English as browsers write them, so that those of the server and of the browser are alike."""

DATE_FORMAT = "M j, Y"
