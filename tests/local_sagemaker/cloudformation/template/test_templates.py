"""What templates say: both notations, functions, conditions, rules, parameters, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local_sagemaker.cloudformation.template import parameters, reading
from local_sagemaker.cloudformation.template.planning import Plan, plan
from local_sagemaker.errors import AwsError

PSEUDO = {"AWS::Region": "eu-west-1", "AWS::StackName": "s"}

YAML = """
AWSTemplateFormatVersion: 2010-09-09
Parameters:
  Name: {Type: String, Default: abc}
  Items: {Type: CommaDelimitedList, Default: "x, y"}
Mappings:
  Sizes: {eu-west-1: {small: 7}}
Conditions:
  Named: !Not [!Equals [!Ref Name, ""]]
  Both: !And [!Condition Named, !Equals [!Ref AWS::Region, eu-west-1]]
  Neither: !Or [!Equals [!Ref Name, z], !Not [!Condition Both]]
Resources:
  One:
    Type: AWS::IAM::Role
    Properties:
      Policy:
        Version: 2012-10-17
        Condition: {StringEquals: {a: b}}
      If: !If [Both, !Join ["-", !Ref Items], !GetAtt Nowhere.Arn]
      Gone: !If [Neither, a, !Ref AWS::NoValue]
      Sub: !Sub ["${Two.Arn}/${Name}/${Own}/${!Literal}/${AWS::StackName}", {Own: !Select [1, !Split [".", a.b]]}]
      Map: !FindInMap [Sizes, !Ref "AWS::Region", small]
      Base64: !Base64 hello
      List: [!Ref AWS::NoValue, 1]
  Two:
    Type: AWS::S3::Bucket
"""


def planned(body: str | dict[str, Any], **given: str) -> Plan:
    template = reading.read(body if isinstance(body, str) else json.dumps(body))
    request = [{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()]
    return plan(template, parameters.given(template.parameters, request, {}), PSEUDO)


def refusal(body: str | dict[str, Any], **given: str) -> str:
    with pytest.raises(AwsError) as caught:
        planned(body, **given)
    assert caught.value.code == "ValidationError"
    return caught.value.message


def with_parameter(**declared: Any) -> dict[str, Any]:
    return {"Parameters": {"P": {"Type": "String", **declared}}, "Resources": {"One": {"Type": "AWS::S3::Bucket"}}}


def test_every_function_is_evaluated() -> None:
    properties = planned(YAML).properties("One", lambda name, attribute: f"<{name} {attribute}>")
    assert properties == {
        "Policy": {"Version": "2012-10-17", "Condition": {"StringEquals": {"a": "b"}}},
        "If": "x-y",
        "Sub": "<Two Arn>/abc/b/${Literal}/s",
        "Map": 7,
        "Base64": "aGVsbG8=",
        "List": [1],
    }


def test_long_forms_say_the_same_as_short_ones() -> None:
    short = "Resources: {A: {Type: AWS::S3::Bucket, Properties: {N: !GetAtt B.Arn, M: !Sub 'x'}}, B: {Type: T}}"
    long = {"N": {"Fn::GetAtt": ["B", "Arn"]}, "M": {"Fn::Sub": "x"}}
    assert reading.read(short).resources["A"].properties == long


def test_resources_come_after_those_that_they_need() -> None:
    resources = {
        "A": {"Type": "T", "DependsOn": "B"},
        "B": {"Type": "T", "Properties": {"N": {"Fn::Sub": "${C.Arn}"}}},
        "C": {"Type": "T"},
    }
    assert list(planned({"Resources": resources}).wanted) == ["C", "B", "A"]
    resources["C"] = {"Type": "T", "Properties": {"N": [{"Ref": "A"}]}}
    assert refusal({"Resources": resources}) == "Circular dependency between resources: [A, B, C]"


def test_a_resource_whose_condition_does_not_hold_is_not_wanted() -> None:
    body = {
        "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"A": {"Type": "T"}, "B": {"Type": "T", "Condition": "Never"}},
        "Outputs": {"B": {"Condition": "Never", "Value": {"Ref": "B"}}},
    }
    made = planned(body)
    assert (list(made.wanted), made.outputs(lambda *_: "")) == (["A"], [])
    body["Outputs"] = {"B": {"Value": {"Ref": "B"}}}
    assert "Unresolved resource dependencies [B] in the Outputs block" in refusal(body)


def test_what_is_not_to_be_echoed_is_hidden_in_events() -> None:
    body = with_parameter(NoEcho=True)
    body["Resources"]["One"]["Properties"] = {"N": {"Fn::Sub": "-${P}-"}}
    made = planned(body, P="secret")
    assert made.properties("One", lambda *_: "") == {"N": "-secret-"}
    assert made.shown_properties("One", lambda *_: "") == {"N": "-****-"}


def test_a_rule_that_is_broken_says_so() -> None:
    body = with_parameter(Default="a")
    assertion = {"Assert": {"Fn::Contains": [["b"], {"Ref": "P"}]}, "AssertDescription": "it must be b"}
    body["Rules"] = {
        "R": {"RuleCondition": {"Fn::Not": [{"Fn::Equals": [{"Ref": "P"}, "c"]}]}, "Assertions": [assertion]}
    }
    assert "it must be b" in refusal(body)
    assert planned(body, P="b").wanted
    assert planned(body, P="c").wanted


@pytest.mark.parametrize(
    ("declared", "value", "said"),
    [
        ({"AllowedPattern": "[a-z]+"}, "A", "Parameter 'P' must match pattern [a-z]+"),
        ({"AllowedPattern": "a", "ConstraintDescription": "an a"}, "b", "failed to satisfy constraint: an a"),
        ({"AllowedValues": ["a", True]}, "b", "must be one of AllowedValues: [a, true]"),
        ({"MinLength": "2"}, "a", "at least 2 characters"),
        ({"MaxLength": 2}, "abc", "at most 2 characters"),
        ({"Type": "Number"}, "a", "must be a number"),
        ({"Type": "Number", "MinValue": 2}, "1.5", "not less than 2"),
        ({"Type": "Number", "MaxValue": 2}, "3", "not greater than 2"),
        ({"Type": "List<Number>"}, "1, a", "must be a number"),
    ],
)
def test_a_value_is_held_to_what_the_template_allows(declared: dict[str, Any], value: str, said: str) -> None:
    assert said in refusal(with_parameter(**declared), P=value)


def test_parameters_must_be_there_and_known() -> None:
    assert refusal(with_parameter()) == "Parameters: [P] must have values"
    assert refusal(with_parameter(Default="a"), Q="b") == "Parameters: [Q] do not exist in the template"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "JSON not well-formed"),
        ("a: [", "YAML not well-formed"),
        ("text", "unsupported structure"),
        ("Resources: {}", "At least one Resources member must be defined"),
        ("Resources: {A: {Type: T}}\nColour: red", "Invalid template property or properties [Colour]"),
        ("Resources: {A: {Type: T}}\nTransform: T", "does not support the section Transform"),
        ("Resources: {A: {Type: T, Colour: red}}", "Invalid template resource property 'Colour'"),
        ("Resources: {A-B: {Type: T}}", "A-B is non alphanumeric"),
        ("Resources: {A: {Properties: {}}}", "must contain a Type member"),
        ("Resources: {A: &a {Type: T}, B: *a}", "aliases are not allowed"),
        ("Resources: {A: {Type: T}, A: {Type: T}}", "stands twice"),
        ("Resources: {A: {Type: T, Properties: {N: !Cidr [a]}}}", "does not support the function Fn::Cidr"),
        ("Resources: {A: {Type: T, Condition: Never}}", "Unresolved condition Never"),
        ("Resources: {A: {Type: T, DependsOn: B}}", "Unresolved resource dependencies [B]"),
        ("Resources: {A: {Type: T}}\nParameters: {P: {Type: AWS::SSM::Parameter::Name}}", "AWS::SSM::Parameter::Name"),
        ("Resources: {A: {Type: T}}\nConditions: {C: !Condition C}", "Unresolved condition dependency C"),
        ("Resources: {A: {Type: T}}\nOutputs: {O: {Value: a, Export: {Name: e}}}", "does not support Export"),
        ("#" * 51_201, "less than or equal to 51200"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_with_the_reason(body: str, said: str) -> None:
    assert said in refusal(body)
