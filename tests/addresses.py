"""Every address of the portal, as the URL configuration has them: nothing that is served can be left out of a table."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver


def _walk(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, str]]:
    for found in resolver.url_patterns:
        route = before + str(found.pattern)
        if isinstance(found, URLPattern):
            yield route, found.name or ""
        else:
            yield from _walk(found, route)


def below(start: str) -> dict[str, str]:
    """The routes that begin so, each with its name (empty where it has none)."""
    return {route: name for route, name in _walk(get_resolver()) if route.startswith(start)}
