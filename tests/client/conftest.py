"""The application of the web tests."""

from tests.web.conftest import addresses_compiled_when_needed, app, compiled_templates

__all__ = ["addresses_compiled_when_needed", "app", "compiled_templates"]
