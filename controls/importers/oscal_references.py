"""What an OSCAL document says about the catalogs and profiles that it rests on."""

from __future__ import annotations

import re
from typing import Any

from controls.importers.oscal import Walker
from controls.rules.references import Reference

UUID = re.compile(r"^(urn:uuid:)?([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")


class ReferenceWalker(Walker):
    """Walks a document whose addresses may lead into its back matter."""

    def _resources(self, root: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
        """Return uuid → resource of the back matter."""
        if "back-matter" not in root:
            return {}
        place = f"{kind}.back-matter"
        matter = self._object(root, "back-matter", kind)
        found = {}
        for number, item in enumerate(self._list(matter, "resources", place)):
            here = f"{place}.resources[{number}]"
            resource = self._is_object(item, here)
            found[self._text(resource, "uuid", here).lower()] = {
                **resource,
                "place": here,
            }
        return found

    def _reference(self, href: str, resources: dict[str, dict[str, Any]]) -> Reference:
        """Return what an address means, read from the back matter where it leads there."""
        inner = href.removeprefix("#").lower()
        if not href.startswith("#"):
            named = UUID.match(href.lower())
            return Reference(told=repr(href), uuid=named[2] if named else "", words=(href,))
        resource = resources.get(inner)
        if resource is None:
            # An address within the document that is not in it: another document's uuid.
            return Reference(told=repr(href), uuid=inner, words=(inner,))
        here = resource["place"]
        titles = [
            text
            for name in ("title", "description")
            if (text := self._text(resource, name, here, ""))
        ]
        links = [
            self._text(self._is_object(link, here), "href", here)
            for link in self._list(resource, "rlinks", here)
        ]
        told = "; ".join(dict.fromkeys((*titles, *links[:1]))) or href
        return Reference(
            told=f"{told[:200]!r}",
            uuid=inner,
            words=(*titles, *links),
            version=self._version(resource, here),
        )

    def _version(self, resource: dict[str, Any], place: str) -> str:
        for item in self._list(resource, "props", place):
            prop = self._is_object(item, place)
            if prop.get("name") == "version":
                return self._text(prop, "value", place)
        return ""
