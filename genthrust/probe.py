"""`python -m genthrust.probe [URL]`: the health check of a container. Ends with 0 when the address answers well.

It needs no settings and no Django, so that it costs next to nothing every few seconds.
"""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen

WEB = "http://127.0.0.1:8000/healthz"
PATIENCE = 4.0  # seconds


def main(url: str = WEB) -> str:
    """Why the address did not answer well, in words; "" when it did."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".*") or "127.0.0.1"
    headers = {"Host": host, "X-Forwarded-Proto": "https"}  # as a proxy in front would ask
    try:
        with urlopen(Request(url, headers=headers), timeout=PATIENCE):  # noqa: S310 (our own process)
            return ""
    except (URLError, OSError) as error:
        return f"{url}: {error}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
