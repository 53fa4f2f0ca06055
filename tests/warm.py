"""The door for a web server whose worker is killed again and again: all code is loaded
before the worker is forked, so the next one answers at once.
"""

from django.urls import get_resolver

from srm_project.wsgi import application

assert get_resolver().url_patterns

__all__ = ["application"]
