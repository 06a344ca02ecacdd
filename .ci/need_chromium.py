"""Say plainly what is missing when there is no browser for the browser tests."""

import shutil
import sys

if not shutil.which("chromium"):
    sys.exit("The browser tests need Chromium: on Debian and Ubuntu run  apt install chromium")
