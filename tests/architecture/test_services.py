"""Every service looks alike: keyword-only, by whom and when, atomic, recorded."""

import importlib
import inspect
import pkgutil
import sys

import pytest

import controls.services
import evidence.services

HELPERS = {"access", "audit", "clock", "versions", "heartbeats", "setup"}
"""Modules that changes are made with, not changes themselves."""


def services():
    """Every public function of a service module that says who acts."""
    for package in (controls.services, evidence.services):
        for info in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            if info.name.rpartition(".")[2] in HELPERS:
                continue
            module = importlib.import_module(info.name)
            for name, function in inspect.getmembers(module, inspect.isfunction):
                own = function.__module__ == info.name and not name.startswith("_")
                if own and {"by", "at"} & set(inspect.signature(function).parameters):
                    yield pytest.param(function, id=f"{info.name}.{name}")


ALL = list(services())


def test_there_are_services_to_look_at():
    assert len(ALL) > 20


@pytest.mark.parametrize("service", ALL)
def test_a_service_takes_keywords_only(service):
    kinds = {p.kind for p in inspect.signature(service).parameters.values()}

    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize(
    "service", [p for p in ALL if "by" in inspect.signature(p.values[0]).parameters]
)
def test_a_service_that_acts_for_somebody_is_atomic_dated_and_recorded(service):
    source = inspect.getsource(inspect.unwrap(service))
    module = inspect.getsource(sys.modules[service.__module__])

    assert "at" in inspect.signature(service).parameters
    assert getattr(service, "is_audited", False)
    assert "audit.record(" in module or "derivations.rederive(" in source


@pytest.mark.parametrize("service", ALL)
def test_a_service_says_what_it_returns_or_raises(service):
    assert inspect.getdoc(service)
