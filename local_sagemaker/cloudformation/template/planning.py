"""A template with its parameters' values: which resources there are to be, in which order, and what they are like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local_sagemaker.cloudformation.refusals import invalid
from local_sagemaker.cloudformation.template.evaluation import (
    NO_VALUE,
    Scope,
    attribute_of,
    evaluated,
    function_of,
    references_of,
)
from local_sagemaker.cloudformation.template.parameters import HIDDEN, written
from local_sagemaker.cloudformation.template.reading import Definition, Template

Reference = Callable[[str, str | None], Any]
"""Takes a resource's logical id and an attribute (None: what `Ref` gives), returns its value."""


@dataclass(frozen=True)
class Plan:
    """What a template comes to.

    Parameters
    ----------
    template : Template
        The template.
    values : mapping of str to object
        What `Ref` gives of parameters and pseudo parameters.
    conditions : mapping of str to bool
        The template's conditions.
    wanted : mapping of str to Definition
        The resources that there are to be, each after those that it needs.
    """

    template: Template
    values: Mapping[str, Any]
    conditions: Mapping[str, bool]
    wanted: Mapping[str, Definition]

    def properties(self, logical_id: str, reference: Reference) -> dict[str, Any]:
        """Evaluate a resource's properties."""
        return dict(evaluated(self.wanted[logical_id].properties, self._scope(self.values, reference)))

    def shown_properties(self, logical_id: str, reference: Reference) -> dict[str, Any]:
        """Evaluate a resource's properties as events show them: without values that are not to be echoed."""
        hidden = {name: HIDDEN for name, each in self.template.parameters.items() if each.hidden}
        return dict(evaluated(self.wanted[logical_id].properties, self._scope({**self.values, **hidden}, reference)))

    def outputs(self, reference: Reference) -> list[dict[str, str]]:
        """Evaluate the outputs, as DescribeStacks writes them."""
        scope = self._scope(self.values, reference)
        return [
            dict(_output(name, output, scope))
            for name, output in self.template.outputs.items()
            if self._holds(output.get("Condition"))
        ]

    def _holds(self, condition: str | None) -> bool:
        return condition is None or self.conditions[condition]

    def _scope(self, values: Mapping[str, Any], reference: Reference) -> Scope:
        return Scope(values, reference, self.conditions, self.template.document.get("Mappings") or {})


def plan(template: Template, parameters: Mapping[str, str], pseudo: Mapping[str, Any]) -> Plan:
    """Evaluate conditions and put the resources in order.

    Raises
    ------
    AwsError
        `ValidationError` for references to what is not there, and for rings.
    """
    values = {name: template.parameters[name].value(text) for name, text in parameters.items()} | dict(pseudo)
    conditions = _conditions(template, values)
    _check_rules(template, values, conditions)
    active = {
        name: each for name, each in template.resources.items() if each.condition is None or conditions[each.condition]
    }
    made = Plan(template, values, conditions, active)
    needs = {name: _needs(made, each) for name, each in active.items()}
    _check_outputs(made)
    return Plan(template, values, conditions, {name: active[name] for name in _ordered(needs)})


def _conditions(template: Template, values: Mapping[str, Any]) -> dict[str, bool]:
    known: dict[str, bool] = {}
    under_way: list[str] = []

    def value(name: str) -> bool:
        if name not in known:
            if name in under_way or name not in template.conditions:
                raise invalid(f"Template format error: Unresolved condition dependency {name} in the Conditions block.")
            under_way.append(name)
            for other in _conditions_in(template.conditions[name]):
                value(other)
            scope = Scope(values, _no_resource, known, template.document.get("Mappings") or {})
            known[name] = bool(evaluated(template.conditions[name], scope))
            under_way.remove(name)
        return known[name]

    return {name: value(name) for name in template.conditions}


def _check_rules(template: Template, values: Mapping[str, Any], conditions: Mapping[str, bool]) -> None:
    scope = Scope(values, _no_resource, conditions, template.document.get("Mappings") or {})
    for name, rule in template.rules.items():
        if evaluated(rule.get("RuleCondition", True), scope) is not True:
            continue
        for assertion in rule.get("Assertions", ()):
            if evaluated(assertion["Assert"], scope) is not True:
                described = assertion.get("AssertDescription", "an assertion does not hold")
                raise invalid(f"Template error: the rule {name} is broken: {described}")


def _no_resource(logical_id: str, attribute: str | None) -> Any:
    raise invalid(f"Template error: conditions cannot refer to the resource {logical_id}.")


def _conditions_in(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        if isinstance(expression.get("Condition"), str):
            yield expression["Condition"]
        for value in expression.values():
            yield from _conditions_in(value)
    elif isinstance(expression, list):
        for item in expression:
            yield from _conditions_in(item)


def _needs(made: Plan, definition: Definition) -> list[str]:
    referred = list(_referred(definition.properties, made))
    if missing := sorted({name for name in referred if name not in made.wanted}):
        listed = ", ".join(missing)
        raise invalid(
            f"Template format error: Unresolved resource dependencies [{listed}] in the Resources block of the template"
        )
    return [*referred, *(name for name in definition.depends_on if name in made.wanted)]


def _check_outputs(made: Plan) -> None:
    for output in made.template.outputs.values():
        if made._holds(output.get("Condition")):
            missing = sorted({name for name in _referred(output, made) if name not in made.wanted})
            if missing:
                listed = ", ".join(missing)
                raise invalid(
                    f"Template format error: Unresolved resource dependencies [{listed}] in the Outputs block of the "
                    "template"
                )


def _referred(expression: Any, made: Plan) -> Iterator[str]:
    """Go through the resources that an expression refers to where it is evaluated: not in the other side of an `If`."""
    if isinstance(expression, list):
        for item in expression:
            yield from _referred(item, made)
    if not isinstance(expression, Mapping):
        return
    function = function_of(expression)
    if function is None:
        for value in expression.values():
            yield from _referred(value, made)
        return
    argument = expression[function]
    if function == "Ref":
        yield from _unless_value(str(argument), made)
    elif function == "Fn::GetAtt":
        yield attribute_of(argument)[0]
    elif function == "Fn::If" and isinstance(argument, list) and len(argument) == 3:
        yield from _referred(argument[1 if made.conditions.get(argument[0]) else 2], made)
    elif function == "Fn::Sub":
        yield from _referred_in_text(argument, made)
    else:
        yield from _referred(argument, made)


def _referred_in_text(argument: Any, made: Plan) -> Iterator[str]:
    text, own = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
    yield from _referred(own, made)
    for name in references_of(str(text)):
        if name not in own:
            yield from _unless_value(name.partition(".")[0], made)


def _unless_value(name: str, made: Plan) -> Iterator[str]:
    if name not in made.values and name != "AWS::NoValue":
        yield name


def _ordered(needs: Mapping[str, list[str]]) -> list[str]:
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        ring = ", ".join(sorted(set(error.args[1])))
        raise invalid(f"Circular dependency between resources: [{ring}]") from error


def _output(name: str, output: Mapping[str, Any], scope: Scope) -> Iterator[tuple[str, str]]:
    value = evaluated(output["Value"], scope)
    if value is NO_VALUE or isinstance(value, list | dict):
        raise invalid(f"Template format error: Output {name} is malformed. The Value field must be a text.")
    yield "OutputKey", name
    yield "OutputValue", written(value)
    if "Description" in output:
        yield "Description", str(output["Description"])
