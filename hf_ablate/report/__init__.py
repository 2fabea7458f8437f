"""The study's page and figures."""
