"""The members' pages in a real Chromium, against a whole running stack; a package, so that it ends with this folder."""
