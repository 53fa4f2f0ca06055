"""The shipped facts as the derivation takes them, without a database."""

from controls.knowledge import Release, read_release
from controls.rules.derivation import Fact, Facts, Outcome, Override, Setting, derive


def facts_of(release: Release) -> Facts:
    """The release as `controls.queries.facts.facts_of` gives it from the database."""
    services = {}
    for variant in release.variants:
        for layer in release.layers.values():
            if layer.scope == "service":
                fact = release.effective(variant, layer.code)
                services[variant, layer.code] = Fact(
                    fact.value, fact.basis, fact.note, fact.sources, fact.confidence
                )
    return Facts(
        scopes={layer.code: layer.scope for layer in release.layers.values()},
        services=services,
        layers={
            layer.code: Fact(
                layer.defaults["abstracted"], "model", "", layer.sources, layer.confidence
            )
            for layer in release.layers.values()
            if layer.scope != "service"
        },
    )


RELEASE = read_release()
FACTS = facts_of(RELEASE)


def control(
    control_id: str,
    *variants: str,
    custom_code: bool = True,
    overrides: tuple[Override, ...] = (),
) -> Outcome:
    """What is derived for a shipped control on these variants."""
    return layers(
        RELEASE.controls[control_id].layers,
        *variants,
        custom_code=custom_code,
        overrides=overrides,
    )


def layers(
    touched: tuple[str, ...],
    *variants: str,
    custom_code: bool = True,
    overrides: tuple[Override, ...] = (),
) -> Outcome:
    """What is derived for these layers on these variants."""
    setting = Setting(variants, has_custom_code=custom_code, overrides=overrides)
    return derive(touched, setting=setting, facts=FACTS)
