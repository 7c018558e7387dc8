"""How static files are kept where the portal is deployed."""

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModules(CompressedManifestStaticFilesStorage):
    """Our modules import each other by names with a checksum too: a browser mixes none of an older release with those of this one.

    What Django offers for it (support_js_module_import_aggregation) would read the libraries' scripts as well, and stumbles over them.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((r"""(?P<matched>from\s*"(?P<url>\.[^"]+)")""", 'from "%(url)s"'),)),
    )
    max_post_process_passes = 10  # as deep as modules import each other, and some

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """By gzip alone, whatever else is installed: Brotli at its slowest takes minutes for the libraries' scripts, and saves little."""
        return Compressor(use_brotli=False, **kwargs)
