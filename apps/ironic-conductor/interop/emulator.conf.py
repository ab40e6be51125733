"""Configuration of sushy-emulator: fake machines, behind TLS and a password, that keep their state over a restart.

Its fake driver knows of power, boot and media alone; routes and answers for BIOS settings and versions stand in the emulator all the
same. What they are of is kept here beside the rest of a machine.
"""

import json
import os

from sushy_tools.emulator.resources.systems import fakedriver

FOLDER = os.environ['INTEROP_FOLDER']

SUSHY_EMULATOR_FAKE_DRIVER = True
SUSHY_EMULATOR_LISTEN_IP = '127.0.0.1'
SUSHY_EMULATOR_AUTH_FILE = os.path.join(FOLDER, 'htpasswd')
SUSHY_EMULATOR_SSL_CERT = os.path.join(FOLDER, 'tls.crt')
SUSHY_EMULATOR_SSL_KEY = os.path.join(FOLDER, 'tls.key')
SUSHY_EMULATOR_STATE_DIR = FOLDER
SUSHY_EMULATOR_FAKE_SYSTEMS = json.loads(os.environ['INTEROP_SYSTEMS'])

DELIVERED = {'ProcTurboMode': 'Enabled', 'QuietBoot': 'true', 'NumCores': '4'}


class Driver(fakedriver.FakeDriver):
    def get_total_memory(self, identity):
        return 64

    def get_total_cpus(self, identity):
        return 2

    def get_bios(self, identity):
        return self._get(identity).get('bios', DELIVERED)

    def set_bios(self, identity, attributes):
        self._update(identity, bios={**self.get_bios(identity), **attributes})

    def reset_bios(self, identity):
        self._update(identity, bios=DELIVERED)

    def get_versions(self, identity):
        return self._get(identity).get('versions', {'BiosVersion': '1.0.0'})

    def set_versions(self, identity, firmware_versions):
        self._update(identity, versions=firmware_versions)


fakedriver.FakeDriver = Driver
