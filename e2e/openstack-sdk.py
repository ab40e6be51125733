"""A node's life through openstacksdk, as programs that people own use it. Prints one JSON object a step; ends with status 1 at the first that fails."""

import json
import os

import openstack

cloud = openstack.connect(auth_type="none", endpoint=os.environ["OS_ENDPOINT"])
baremetal = cloud.baremetal


def told(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


node = baremetal.create_node(
    driver="fake-hardware", name="sdk", resource_class="sdk", properties={"cpus": 4}, rescue_interface="fake"
)
told("create", state=node.provision_state, name=node.name)

port = baremetal.create_port(node_id=node.id, address="52:54:00:5d:00:01")
told("port", address=port.address, listed=[each.address for each in baremetal.ports(node=node.id)])

node = baremetal.update_node(node, extra={"rack": "r1"}, description="from the sdk")
told("update", extra=node.extra, description=node.description)

told("validate", power=baremetal.validate_node(node, required=("power", "management"))["power"].result)
for verb in ("manage", "inspect", "provide"):
    node = baremetal.set_node_provision_state(node, verb, wait=True, timeout=60)
    told(verb, state=node.provision_state)

baremetal.add_node_trait(node, "CUSTOM_SDK")
told("traits", traits=baremetal.get_node(node.id).traits)

allocation = baremetal.create_allocation(resource_class="sdk", name="sdk-allocation", traits=["CUSTOM_SDK"])
allocation = baremetal.wait_for_allocation(allocation, timeout=60)
told("allocation", state=allocation.state, node=allocation.node_id == node.id)

# Read again: the object at hand also holds the trait it added, and would patch it.
node = baremetal.get_node(node.id)
baremetal.update_node(node, instance_info={"image_source": "http://127.0.0.1/i", "image_checksum": "0" * 32})
node = baremetal.set_node_provision_state(
    node, "active", config_drive={"meta_data": {"hostname": "sdk"}}, wait=True, timeout=60
)
told("active", state=node.provision_state)

baremetal.set_node_power_state(node, "power off", wait=True, timeout=60)
told("power", power=baremetal.get_node(node.id).power_state)

baremetal.set_node_boot_device(node, "pxe", persistent=True)
told("boot device", device=baremetal.get_node_boot_device(node)["boot_device"])

node = baremetal.set_node_maintenance(node, reason="a look inside")
told("maintenance", maintenance=node.is_maintenance, reason=node.maintenance_reason)
node = baremetal.unset_node_maintenance(node)

node = baremetal.set_node_provision_state(node, "rescue", rescue_password="x", wait=True, timeout=60)
told("rescue", state=node.provision_state)
# The SDK does not know what an unrescue ends in, so it is told what to wait for.
baremetal.set_node_provision_state(node, "unrescue")
(node,) = baremetal.wait_for_nodes_provision_state([node], "active", timeout=60)
told("unrescue", state=node.provision_state)

node = baremetal.set_node_provision_state(node, "deleted", wait=True, timeout=60)
told("deleted", state=node.provision_state, instance=node.instance_id)

told("drivers", drivers=sorted(driver.name for driver in baremetal.drivers()))
told("conductors", alive=[conductor.alive for conductor in baremetal.conductors()])

rule = baremetal.create_inspection_rule(
    actions=[{"op": "set-attribute", "args": {"path": "/extra/x", "value": 1}}], description="from the sdk"
)
baremetal.delete_inspection_rule(rule)
told("inspection rule", description=rule.description)

baremetal.delete_node(node)
told("delete", left=[each.name for each in baremetal.nodes()])
