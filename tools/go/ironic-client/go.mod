// What Metal3's Go programs do to Ironic, with their client library: a program of the tests.
module metal3.io/tools/ironic-client

go 1.25.0

require github.com/gophercloud/gophercloud/v2 v2.15.0
