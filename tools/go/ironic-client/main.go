// Command ironic-client does to Ironic what Metal3's Go programs do, with the client library that they use. It takes one machine through
// its life and prints what it was told, one JSON object a line; it judges nothing.
//
// Environment: IRONIC_ENDPOINT (http://host:port/v1), IRONIC_USER and IRONIC_PASSWORD for basic authentication; BMC_ADDRESS, BMC_SYSTEM,
// BMC_USER, BMC_PASSWORD, NODE_UUID, NODE_NAME, MACS (comma-separated), IMAGE_URL, IMAGE_SHA256, FIRMWARE_URL, EVENTS_URL.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/baremetal/httpbasic"
	"github.com/gophercloud/gophercloud/v2/openstack/baremetal/noauth"
	"github.com/gophercloud/gophercloud/v2/openstack/baremetal/v1/allocations"
	"github.com/gophercloud/gophercloud/v2/openstack/baremetal/v1/conductors"
	"github.com/gophercloud/gophercloud/v2/openstack/baremetal/v1/drivers"
	"github.com/gophercloud/gophercloud/v2/openstack/baremetal/v1/nodes"
	"github.com/gophercloud/gophercloud/v2/openstack/baremetal/v1/ports"
	"github.com/gophercloud/gophercloud/v2/openstack/utils"
)

type facts map[string]any

var (
	ctx    = context.Background()
	client *gophercloud.ServiceClient
	uuid   string
)

func main() {
	var err error
	if client, err = connect(); err != nil {
		fail("connect", err)
	}
	discovery()
	registration()
	inspection()
	hardware()
	deployment()
	running()
	release()
}

func connect() (*gophercloud.ServiceClient, error) {
	endpoint, user := os.Getenv("IRONIC_ENDPOINT"), os.Getenv("IRONIC_USER")
	if user == "" {
		return noauth.NewBareMetalNoAuth(noauth.EndpointOpts{IronicEndpoint: endpoint})
	}
	return httpbasic.NewBareMetalHTTPBasic(httpbasic.EndpointOpts{
		IronicEndpoint: endpoint, IronicUser: user, IronicUserPassword: os.Getenv("IRONIC_PASSWORD"),
	})
}

// discovery asks what the server speaks, as the operator does before anything else and without credentials.
func discovery() {
	versions, err := utils.GetSupportedMicroversions(ctx, client)
	tell("microversions", err, facts{"min": fmt.Sprintf("%d.%d", versions.MinMajor, versions.MinMinor), "newest": versions.MaxMajor == 1 && versions.MaxMinor >= 110})
	client.Microversion = "1.110"
	pages, err := drivers.ListDrivers(client, drivers.ListDriversOpts{}).AllPages(ctx)
	must("drivers", err)
	offered, err := drivers.ExtractDrivers(pages)
	names := []string{}
	for _, driver := range offered {
		names = append(names, driver.Name)
	}
	tell("drivers", err, facts{"names": names})
	details, err := drivers.GetDriverDetails(ctx, client, "redfish").Extract()
	tell("driver", err, facts{"bios": details.DefaultBiosInterface, "management": details.EnabledManagementInterfaces})
	conductorPages, err := conductors.List(client, conductors.ListOpts{Detail: true}).AllPages(ctx)
	must("conductors", err)
	running, err := conductors.ExtractConductors(conductorPages)
	alive := len(running) > 0
	for _, conductor := range running {
		alive = alive && conductor.Alive
	}
	tell("conductors", err, facts{"alive": alive})
}

func registration() {
	_, err := nodes.Get(ctx, client, "metal3~absent").Extract()
	tell("absent", nil, facts{"status": statusOf(err)})
	yes, no := true, false
	node, err := nodes.Create(ctx, client, nodes.CreateOpts{
		UUID: os.Getenv("NODE_UUID"), Name: os.Getenv("NODE_NAME"), Driver: "redfish",
		BootInterface: "redfish-virtual-media", DeployInterface: "direct", InspectInterface: "agent", RAIDInterface: "no-raid",
		AutomatedClean: &yes, DisablePowerOff: &no,
		DriverInfo: map[string]any{
			"redfish_address": os.Getenv("BMC_ADDRESS"), "redfish_system_id": os.Getenv("BMC_SYSTEM"),
			"redfish_username": os.Getenv("BMC_USER"), "redfish_password": os.Getenv("BMC_PASSWORD"), "redfish_verify_ca": false,
		},
		Properties: map[string]any{"capabilities": "boot_mode:uefi", "cpu_arch": "x86_64"},
	}).Extract()
	must("create", err)
	uuid = node.UUID
	tell("create", nil, facts{
		"uuid": node.UUID == os.Getenv("NODE_UUID"), "name": node.Name, "state": node.ProvisionState,
		"automatedClean": node.AutomatedClean, "disablePowerOff": node.DisablePowerOff, "password": node.DriverInfo["redfish_password"],
		"management": node.ManagementInterface, "created": !node.CreatedAt.IsZero(),
	})
	_, err = nodes.Create(ctx, client, nodes.CreateOpts{Name: os.Getenv("NODE_NAME"), Driver: "redfish"}).Extract()
	tell("create again", nil, facts{"status": statusOf(err)})

	for index, mac := range strings.Split(os.Getenv("MACS"), ",") {
		pxe := index == 0
		_, err = ports.Create(ctx, client, ports.CreateOpts{NodeUUID: uuid, Address: mac, PXEEnabled: &pxe}).Extract()
		must("create port", err)
	}
	first := strings.Split(os.Getenv("MACS"), ",")[0]
	pages, err := ports.List(client, ports.ListOpts{Address: first, Fields: []string{"node_uuid", "uuid", "address"}}).AllPages(ctx)
	must("ports", err)
	found, err := ports.ExtractPorts(pages)
	tell("port by address", err, facts{"count": len(found), "mine": len(found) == 1 && found[0].NodeUUID == uuid})
	_, err = ports.Create(ctx, client, ports.CreateOpts{NodeUUID: uuid, Address: first}).Extract()
	tell("port again", nil, facts{"status": statusOf(err)})

	provision("manage", nodes.ProvisionStateOpts{Target: nodes.TargetManage}, nodes.Manageable)
}

func inspection() {
	_, err := nodes.GetInventory(ctx, client, uuid).Extract()
	tell("no inventory yet", nil, facts{"status": statusOf(err)})
	provision("inspect", nodes.ProvisionStateOpts{Target: nodes.TargetInspect}, nodes.Manageable)
	data, err := nodes.GetInventory(ctx, client, uuid).Extract()
	must("inventory", err)
	plugin, _, err := data.PluginData.GuessFormat()
	tell("inventory", err, facts{
		"architecture": data.Inventory.CPU.Architecture, "interfaces": len(data.Inventory.Interfaces), "disks": len(data.Inventory.Disks) > 0,
		"memory": data.Inventory.Memory.PhysicalMb > 0, "vendor": data.Inventory.SystemVendor.Manufacturer != "",
		"valid": plugin != nil && len(plugin.ValidInterfaces) > 0,
	})
}

// hardware sets BIOS settings and firmware as HostFirmwareSettings and HostFirmwareComponents do.
func hardware() {
	tell("bios", nil, setting("LogicalProc"))
	// The library's own reader looks under a fixed name and finds nothing in what Ironic answers: the setting under its own name.
	var one map[string]nodes.BIOSSetting
	err := nodes.GetBIOSSetting(ctx, client, uuid, "BootRetryDelay").ExtractInto(&one)
	delay := one["BootRetryDelay"]
	tell("one setting", err, facts{"value": delay.Value, "lower": delay.LowerBound, "upper": delay.UpperBound})
	tell("firmware", nil, versions())
	provision("clean", nodes.ProvisionStateOpts{Target: nodes.TargetClean, CleanSteps: []nodes.CleanStep{
		{Interface: nodes.InterfaceBIOS, Step: "apply_configuration", Args: map[string]any{"settings": []map[string]string{
			{"name": "LogicalProc", "value": "Disabled"}, {"name": "QuietBoot", "value": "False"}, {"name": "BootRetryDelay", "value": "60"},
		}}},
		{Interface: nodes.InterfaceFirmware, Step: "update", Args: map[string]any{"settings": []map[string]string{
			{"component": "bmc", "url": os.Getenv("FIRMWARE_URL")}, {"component": "bios", "url": os.Getenv("FIRMWARE_URL")},
			{"component": "nic:NIC.2", "url": os.Getenv("FIRMWARE_URL")},
		}}},
	}}, nodes.Manageable)
	tell("bios after", nil, setting("LogicalProc"))
	tell("firmware after", nil, versions())
	provision("bios reset", nodes.ProvisionStateOpts{Target: nodes.TargetClean, CleanSteps: []nodes.CleanStep{
		{Interface: nodes.InterfaceBIOS, Step: "factory_reset"},
	}}, nodes.Manageable)
	tell("bios after reset", nil, setting("LogicalProc"))
	_, err = nodes.GetBIOSSetting(ctx, client, uuid, "NoSuchSetting").Extract()
	tell("no such setting", nil, facts{"status": statusOf(err)})

	size := 100
	err = nodes.SetRAIDConfig(ctx, client, uuid, nodes.RAIDConfigOpts{LogicalDisks: []nodes.LogicalDisk{{SizeGB: &size, RAIDLevel: nodes.RAID1}}}).ExtractErr()
	tell("raid without an interface", nil, facts{"status": statusOf(err)})
}

func deployment() {
	provision("provide", nodes.ProvisionStateOpts{Target: nodes.TargetProvide}, nodes.Available)
	_, err := allocations.Create(ctx, client, allocations.CreateOpts{Name: "one", ResourceClass: "none-such"}).Extract()
	must("allocation", err)
	tell("allocation", nil, facts{"state": eventually("allocation", func() (string, bool) {
		found, err := allocations.Get(ctx, client, "one").Extract()
		must("allocation", err)
		return found.State, found.State != "allocating"
	})})
	must("allocation deleted", allocations.Delete(ctx, client, "one").ExtractErr())

	set := func(path string, value any) nodes.UpdateOperation {
		return nodes.UpdateOperation{Op: nodes.AddOp, Path: path, Value: value}
	}
	node, err := nodes.Update(ctx, client, uuid, nodes.UpdateOpts{
		set("/instance_uuid", "11111111-2222-4333-8444-555555555555"),
		set("/instance_info/image_source", os.Getenv("IMAGE_URL")),
		set("/instance_info/image_os_hash_algo", "sha256"),
		set("/instance_info/image_os_hash_value", os.Getenv("IMAGE_SHA256")),
		set("/instance_info/image_disk_format", "raw"),
		set("/instance_info/capabilities", map[string]string{}),
		set("/instance_info/root_device", map[string]string{}),
		set("/driver_info/force_persistent_boot_device", "Default"),
	}).Extract()
	must("update", err)
	tell("update", nil, facts{"instance": node.InstanceUUID, "algo": node.InstanceInfo["image_os_hash_algo"]})
	_, err = nodes.Update(ctx, client, uuid, nodes.UpdateOpts{set("/provision_state", "active")}).Extract()
	tell("update of a read-only field", nil, facts{"status": statusOf(err)})
	valid, err := nodes.Validate(ctx, client, uuid).Extract()
	tell("validate", err, facts{"boot": valid.Boot.Result, "deploy": valid.Deploy.Result, "power": valid.Power.Result})

	provision("deploy", nodes.ProvisionStateOpts{
		Target: nodes.TargetActive,
		ConfigDrive: nodes.ConfigDrive{
			MetaData: map[string]any{"uuid": uuid, "metal3-name": "host"}, UserData: "#cloud-config\n{}\n",
			NetworkData: map[string]any{"links": []any{}, "networks": []any{}, "services": []any{}},
		},
	}, nodes.Active)
	err = nodes.ChangeProvisionState(ctx, client, uuid, nodes.ProvisionStateOpts{Target: nodes.TargetProvide}).ExtractErr()
	tell("provide from active", nil, facts{"status": statusOf(err)})
}

// running is what happens to a machine while its system runs: power, media, events, service.
func running() {
	power("power off", nodes.PowerStateOpts{Target: nodes.SoftPowerOff, Timeout: 180}, "power off")
	power("power on", nodes.PowerStateOpts{Target: nodes.PowerOn}, "power on")
	err := nodes.ChangePowerState(ctx, client, uuid, nodes.PowerStateOpts{Target: "sideways"}).ExtractErr()
	tell("power sideways", nil, facts{"status": statusOf(err)})

	must("boot device", nodes.SetBootDevice(ctx, client, uuid, nodes.BootDeviceOpts{BootDevice: "pxe", Persistent: true}).ExtractErr())
	device, err := nodes.GetBootDevice(ctx, client, uuid).Extract()
	tell("boot device", err, facts{"device": device.BootDevice, "persistent": device.Persistent})
	must("nmi", nodes.InjectNMI(ctx, client, uuid).ExtractErr())

	must("attach", nodes.AttachVirtualMedia(ctx, client, uuid, nodes.AttachVirtualMediaOpts{
		DeviceType: nodes.VirtualMediaCD, ImageURL: os.Getenv("IMAGE_URL"),
	}).ExtractErr())
	tell("attached", nil, facts{"inserted": eventually("attach", func() (bool, bool) { is := inserted(); return is, is })})
	must("detach", nodes.DetachVirtualMedia(ctx, client, uuid, nodes.DetachVirtualMediaOpts{
		DeviceTypes: []nodes.VirtualMediaDeviceType{nodes.VirtualMediaCD},
	}).ExtractErr())
	tell("detached", nil, facts{"inserted": eventually("detach", func() (bool, bool) { is := inserted(); return is, !is })})
	subscriptions()

	provision("service", nodes.ProvisionStateOpts{Target: nodes.TargetService, ServiceSteps: []nodes.ServiceStep{
		{Interface: nodes.InterfaceBIOS, Step: "apply_configuration", Args: map[string]any{"settings": []map[string]string{
			{"name": "SriovGlobalEnable", "value": "Enabled"},
		}}},
	}}, nodes.Active)
	tell("bios after service", nil, setting("SriovGlobalEnable"))
}

func subscriptions() {
	methods, err := nodes.ListVendorPassthruMethods(ctx, client, uuid).Extract()
	tell("vendor methods", err, facts{
		"create": methods["create_subscription"].HTTPMethods, "delete": methods["delete_subscription"].HTTPMethods,
		"get": methods["get_subscription"].HTTPMethods, "list": methods["get_all_subscriptions"].HTTPMethods,
		"eject": methods["eject_vmedia"].HTTPMethods,
	})
	by := func(name string) nodes.CallVendorPassthruOpts { return nodes.CallVendorPassthruOpts{Method: name} }
	made, err := nodes.CreateSubscription(ctx, client, uuid, by("create_subscription"), nodes.CreateSubscriptionOpts{
		Destination: os.Getenv("EVENTS_URL"), Context: "rack 7", HttpHeaders: []map[string]string{{"Authorization": "secret"}},
	}).Extract()
	must("subscribe", err)
	tell("subscribe", nil, facts{"id": made.Id != "", "context": made.Context, "types": made.EventTypes, "protocol": made.Protocol})
	found, err := nodes.GetSubscription(ctx, client, uuid, by("get_subscription"), nodes.GetSubscriptionOpts{Id: made.Id}).Extract()
	tell("subscription", err, facts{"same": found.Id == made.Id, "destination": found.Destination == os.Getenv("EVENTS_URL")})
	count := func() int {
		all, err := nodes.GetAllSubscriptions(ctx, client, uuid, by("get_all_subscriptions")).Extract()
		must("subscriptions", err)
		return all.MembersCount
	}
	tell("subscriptions", nil, facts{"count": count()})
	must("unsubscribe", nodes.DeleteSubscription(ctx, client, uuid, by("delete_subscription"), nodes.DeleteSubscriptionOpts{Id: made.Id}).ExtractErr())
	tell("unsubscribe", nil, facts{"count": count()})
	_, err = nodes.CreateSubscription(ctx, client, uuid, by("create_subscription"), nodes.CreateSubscriptionOpts{}).Extract()
	tell("subscribe nowhere", nil, facts{"status": statusOf(err)})
	_, err = nodes.CallVendorPassthru(ctx, client, uuid, http.MethodPost, nodes.VendorPassthruCallOpts{Method: "dance"}).Extract()
	tell("no such method", nil, facts{"status": statusOf(err)})
}

func release() {
	provision("undeploy", nodes.ProvisionStateOpts{Target: nodes.TargetDeleted}, nodes.Available)
	node, err := nodes.Get(ctx, client, uuid).Extract()
	tell("released", err, facts{"instance": node.InstanceUUID, "image": node.InstanceInfo["image_source"], "power": node.PowerState != ""})
	must("maintenance", nodes.SetMaintenance(ctx, client, uuid, nodes.MaintenanceOpts{Reason: "forced deletion"}).ExtractErr())
	node, err = nodes.Get(ctx, client, uuid).Extract()
	tell("maintenance", err, facts{"on": node.Maintenance, "reason": node.MaintenanceReason})
	must("delete", nodes.Delete(ctx, client, uuid).ExtractErr())
	_, err = nodes.Get(ctx, client, uuid).Extract()
	tell("delete", nil, facts{"status": statusOf(err)})
	pages, err := nodes.List(client, nodes.ListOpts{Fields: []string{"uuid", "name", "provision_state", "boot_interface"}}).AllPages(ctx)
	must("list", err)
	left, err := nodes.ExtractNodes(pages)
	tell("list", err, facts{"count": len(left)})
}

// provision asks for a state and waits for it; a failed state is told as it is.
func provision(step string, opts nodes.ProvisionStateOpts, want nodes.ProvisionState) {
	must(step, nodes.ChangeProvisionState(ctx, client, uuid, opts).ExtractErr())
	node := eventually(step, func() (*nodes.Node, bool) {
		node, err := nodes.Get(ctx, client, uuid).Extract()
		must(step, err)
		settled := node.TargetProvisionState == "" || strings.HasSuffix(node.ProvisionState, "failed")
		return node, settled && (node.ProvisionState == string(want) || strings.HasSuffix(node.ProvisionState, "failed"))
	})
	tell(step, nil, facts{"state": node.ProvisionState, "error": node.LastError})
}

func power(step string, opts nodes.PowerStateOpts, want string) {
	must(step, nodes.ChangePowerState(ctx, client, uuid, opts).ExtractErr())
	tell(step, nil, facts{"power": eventually(step, func() (string, bool) {
		node, err := nodes.Get(ctx, client, uuid).Extract()
		must(step, err)
		return node.PowerState, node.PowerState == want && node.TargetPowerState == ""
	})})
}

func setting(name string) facts {
	all, err := nodes.ListBIOSSettings(ctx, client, uuid, nodes.ListBIOSSettingsOpts{Detail: true}).Extract()
	must("bios", err)
	for _, found := range all {
		if found.Name == name {
			return facts{"value": found.Value, "type": found.AttributeType, "allowed": found.AllowableValues, "readOnly": found.ReadOnly}
		}
	}
	return facts{"among": len(all)}
}

func versions() facts {
	components, err := nodes.ListFirmware(ctx, client, uuid).Extract()
	must("firmware", err)
	found := facts{}
	for _, component := range components {
		found[component.Component] = component.CurrentVersion
		found[component.Component+" flashed"] = component.LastVersionFlashed
	}
	return found
}

func inserted() bool {
	var devices []struct {
		Inserted bool `json:"inserted"`
	}
	must("media", nodes.GetVirtualMedia(ctx, client, uuid).ExtractInto(&devices))
	for _, device := range devices {
		if device.Inserted {
			return true
		}
	}
	return false
}

// eventually looks again and again until done, half a minute at most.
func eventually[T any](step string, look func() (T, bool)) T {
	for until := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		found, done := look()
		if done {
			return found
		}
		if time.Now().After(until) {
			fail(step, fmt.Errorf("not within 30 seconds: %v", found))
		}
	}
}

func statusOf(err error) int {
	var unexpected gophercloud.ErrUnexpectedResponseCode
	if errors.As(err, &unexpected) {
		return unexpected.Actual
	}
	if err != nil {
		fail("status", err)
	}
	return 0
}

func tell(step string, err error, told facts) {
	must(step, err)
	told["step"] = step
	line, err := json.Marshal(told)
	must(step, err)
	fmt.Println(string(line))
}

func must(step string, err error) {
	if err != nil {
		fail(step, err)
	}
}

func fail(step string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", step, err)
	os.Exit(1)
}
