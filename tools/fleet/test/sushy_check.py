"""Checks a machine of a running fleet with sushy, the Redfish client of Ironic.

    pip install sushy
    python tools/fleet/test/sushy_check.py http://127.0.0.1:8000 [machine name]
"""
import json
import sys
import time
import urllib.request

import sushy
from sushy import auth

base = sys.argv[1]
name = sys.argv[2] if len(sys.argv) > 2 else "node-0"
machine = json.load(urllib.request.urlopen(f"{base}/fleet/machines/{name}"))
user, password, uuid = machine["account"]["username"], machine["account"]["password"], machine["uuid"]


def until(what, condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise SystemExit(f"never happened: {what}")


for kind in (auth.BasicAuth, auth.SessionAuth, auth.SessionOrBasicAuth):
    root = sushy.Sushy(base, auth=kind(user, password))
    system = root.get_system()
    assert system.uuid == uuid and system.power_state == sushy.PowerState.OFF, system.power_state

system.set_system_boot_options(sushy.BOOT_SOURCE_TARGET_CD, enabled=sushy.BOOT_SOURCE_ENABLED_ONCE, mode=sushy.BOOT_SOURCE_MODE_UEFI)
system.refresh()
assert (system.boot.target, system.boot.enabled) == (sushy.BOOT_SOURCE_TARGET_CD, sushy.BOOT_SOURCE_ENABLED_ONCE)
assert sorted(system.ethernet_interfaces.summary) == sorted(machine["macs"])
assert [drive.capacity_bytes for drive in system.storage.get_members()[0].drives] == [480103981056, 2000398934016]
assert system.storage.get_members()[0].volumes.get_members() == []
assert system.simple_storage.max_size_bytes == 2000398934016
assert system.processors.summary.count == 32

bios = system.bios
bios.set_attribute("SriovGlobalEnable", "Enabled", apply_time=sushy.APPLY_TIME_ON_RESET)
bios.refresh()
assert bios.pending_attributes == {"SriovGlobalEnable": "Enabled"} and bios.attributes["SriovGlobalEnable"] == "Disabled"
assert len(bios.get_attribute_registry().registry_entries.attributes) == len(bios.attributes)
bios.reset_bios()
system.secure_boot.set_enabled(True)
system.secure_boot.reset_keys(sushy.SECURE_BOOT_RESET_KEYS_TO_DEFAULT)

manager = system.managers[0]
for drives in (system.virtual_media, manager.virtual_media):
    medium = drives.get_members()[0]
    medium.insert_media("http://127.0.0.1:1/x.iso", inserted=True, write_protected=True)
    medium.refresh()
    assert medium.inserted and medium.image == "http://127.0.0.1:1/x.iso"
    medium.eject_media()
    medium.refresh()
    assert not medium.inserted and medium.image is None
assert manager.manager_type == sushy.MANAGER_TYPE_BMC
assert system.chassis[0].power.power_supplies and system.chassis[0].thermal.fans

update = root.get_update_service()
before = [item.version for item in update.firmware_inventory.get_members()]
monitor = update.simple_update(f"{base}/files/images/tiny.raw", targets=[f"/redfish/v1/Systems/{uuid}/Bios"])
assert monitor.is_processing
until("the update ends", lambda: not monitor.check_is_processing)
assert [item.version for item in root.get_update_service().firmware_inventory.get_members()] != before
assert root.get_task_service().tasks.get_members()[0].task_state == sushy.TASK_STATE_COMPLETED

subscriptions = root.get_event_service().subscriptions
made = subscriptions.create({"Destination": "https://127.0.0.1:1/", "Protocol": "Redfish", "Context": "x", "EventTypes": ["Alert"]})
assert [item.identity for item in subscriptions.get_members()] == [made.identity]
made.delete()


def power(wanted):
    system.refresh()
    return system.power_state == wanted


system.reset_system(sushy.RESET_ON)
until("the machine is on", lambda: power(sushy.PowerState.ON))
system.reset_system(sushy.RESET_FORCE_OFF)
until("the machine is off", lambda: power(sushy.PowerState.OFF))
try:
    sushy.Sushy(base, auth=auth.SessionAuth(user, "wrong")).get_system()
    raise SystemExit("a wrong password was accepted")
except sushy.exceptions.AccessError:
    pass
print(f"{name}: everything sushy asked for is as it should be")
