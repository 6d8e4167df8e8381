"""EC2: the S3 gateway endpoint of an account and Region, with the policy that judges its nodes' traffic."""

from __future__ import annotations

from typing import Any

from sandbox.engine.conditions import like
from sandbox.engine.endpoints import OPEN_POLICY, Endpoint
from sandbox.engine.errors import AwsError
from sandbox.engine.policy_documents import parse_document
from sandbox.engine.world import World
from sandbox.operations.ec2 import MOST, check_page_size
from sandbox.paging import page
from sandbox.registry import Call, Parameters, operation

FILTERS = {
    "service-name": "ServiceName",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-endpoint-state": "State",
    "vpc-endpoint-type": "VpcEndpointType",
    "vpc-id": "VpcId",
}


@operation("ec2", "CreateVpcEndpoint", takes="VpcId ServiceName VpcEndpointType PolicyDocument")
def create_vpc_endpoint(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The S3 gateway of an account and Region, whose nodes all lie in one VPC."""
    place, service = (call.account, call.region), f"com.amazonaws.{call.region}.s3"
    if parameters["ServiceName"] != service or parameters.get("VpcEndpointType", "Gateway") != "Gateway":
        raise AwsError("InvalidServiceName", f"The sandbox has gateway endpoints of {service} only.")
    if place in world.fleet.endpoints:
        raise AwsError("RouteAlreadyExists", "A route to the service exists already.")
    policy = _checked(parameters["PolicyDocument"]) if parameters.get("PolicyDocument") else OPEN_POLICY
    endpoint_id = "vpce-0" + world.uuid().replace("-", "")[:16]
    world.fleet.endpoints[place] = Endpoint(endpoint_id, parameters["VpcId"], world.now(), policy)
    return {"VpcEndpoint": _show(call, world.fleet.endpoints[place])}


@operation("ec2", "DescribeVpcEndpoints", takes="VpcEndpointIds Filters MaxResults NextToken")
def describe_vpc_endpoints(world: World, call: Call, parameters: Parameters) -> Parameters:
    """The endpoint, if there is one."""
    check_page_size(parameters)
    found = [_find(world, call, endpoint_id) for endpoint_id in parameters.get("VpcEndpointIds") or []]
    here = world.fleet.endpoints.get((call.account, call.region))
    rows = [_show(call, endpoint) for endpoint in found or ([here] if here else [])]
    shown = [row for row in rows if all(_passes(row, f) for f in parameters.get("Filters") or [])]
    items, more = page(shown, parameters, default=MOST, error="InvalidParameterValue")
    return {"VpcEndpoints": items, **more}


@operation("ec2", "ModifyVpcEndpoint", takes="VpcEndpointId PolicyDocument ResetPolicy")
def modify_vpc_endpoint(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Another policy, or the one that lets everything pass."""
    endpoint = _find(world, call, parameters["VpcEndpointId"])
    if parameters.get("ResetPolicy"):
        endpoint.policy = OPEN_POLICY
    elif parameters.get("PolicyDocument"):
        endpoint.policy = _checked(parameters["PolicyDocument"])
    return {"Return": True}


@operation("ec2", "DeleteVpcEndpoints", takes="VpcEndpointIds")
def delete_vpc_endpoints(world: World, call: Call, parameters: Parameters) -> Parameters:
    """Remove the endpoint; traffic takes the internet again."""
    for endpoint_id in parameters["VpcEndpointIds"]:
        _find(world, call, endpoint_id)
        world.fleet.endpoints.pop((call.account, call.region), None)
    return {"Unsuccessful": []}


def _checked(text: str) -> str:
    try:
        parse_document(text, principals=True)
    except ValueError as error:
        raise AwsError("InvalidPolicyDocument", str(error)) from error
    return text


def _find(world: World, call: Call, endpoint_id: str) -> Endpoint:
    endpoint = world.fleet.endpoints.get((call.account, call.region))
    if endpoint is None or endpoint.endpoint_id != endpoint_id:
        raise AwsError("InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{endpoint_id}' does not exist")
    return endpoint


def _show(call: Call, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "VpcEndpointId": endpoint.endpoint_id,
        "VpcEndpointType": "Gateway",
        "VpcId": endpoint.vpc_id,
        "ServiceName": f"com.amazonaws.{call.region}.s3",
        "State": "available",
        "PolicyDocument": endpoint.policy,
        "CreationTimestamp": endpoint.created_at,
        "OwnerId": call.account,
    }


def _passes(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    name = wanted.get("Name", "")
    if name not in FILTERS:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return any(like(row[FILTERS[name]], value) for value in wanted.get("Values") or [])
