package sim_test

import (
	"flag"
	"strings"
	"testing"

	"drydock/sim"
)

var release = flag.String("release", "", "the release of hosts whose test does not choose one")

// TestMain runs the tests with hosts of another release, but for examples and for those of what 20.10
// alone prints or does.
func TestMain(m *testing.M) {
	flag.Parse()
	if *release != "" {
		sim.SetDefaultRelease(sim.Release(*release))
		if skip := flag.Lookup("test.skip").Value; skip.String() == "" {
			skip.Set("^(Example.*|" + strings.Join(strings.Fields(of20), "|") + ")$")
		}
	}
	m.Run()
}

// of20 are the tests that expect messages, rules, names or addresses of 20.10. What 28 and 29 have instead
// is in the recordings that sim/tools/recorded repeats, in tables with a since, and in since28_test.go.
const of20 = `
TestAddressOfFullNetwork TestAliasRefused TestAllocation TestBadNames TestBridgeFilter TestConnect
TestConnectAddr TestConnectName TestConnectRefused TestContainerSysctls TestCreateExec TestCreateNetwork
TestCreateNetworkRefused TestDaemonAddresses TestDaemonFileDNS TestDaemonFileOptions TestDaemonFileRefused
TestDaemonFileRules TestDaemonOptionsRefused TestDaemonRestartPublished TestDaemonRestartRules
TestDaemonRestartUser TestDaemonStopped TestDefaultPools TestDialerErrors TestDockerRules TestEnv TestEventOfStart
TestEventOrder TestEventsRecorded TestExec
TestExplain TestExplainAddresses TestExplainNames TestFlushedRules TestForbidOneMachine TestGatewayModeRefused
TestHostUnreachableFrom TestHostsAfterDisconnect TestHostsLines TestHostsReconnected TestHostsWritten TestIPv6
TestIPv6Addresses TestIPv6Connect TestIPv6Docker0 TestIPv6Outside TestIPv6Publish TestIPv6Refused
TestIPv6Routed TestIPv6Select TestImageEnv TestInspect TestInspectAsked TestInspectRecorded TestInspectWhole
TestInterfaces TestInternal TestInternalGivesNoRoute TestIsolationCounters TestLateNetwork TestLateRefused
TestLifecycleRecorded TestLinkConnectedLater TestLinkLife TestLinkLines TestLinkRefused TestLinkRules
TestLookupAddr TestLookupNetIP TestMachineFiles TestMainProgramMissing TestManyNames TestManyPorts
TestMasqueradeOff TestMultihomedContainer TestNames TestNeighbours TestNetworkAgain TestNetworkAsked
TestNetworkGone TestNetworkOfContainer TestNetworkSpecRefused TestPartitionARP TestPauseStates TestPingErrors
TestPoolExhausted TestPortConflicts TestPortForms TestProc TestPsRecorded TestPublishAll
TestPublishedOnLoopback TestQuestions TestRefused TestRemoveLink TestRemoveNetwork TestRenameLinked
TestResolvConf TestResolvConfIPv6 TestResolvConfWritten TestRevokedIPv6 TestRevokedUDPStream TestSeveralPorts TestSignalPaused
TestSpecNames TestSpecRefused TestSummary TestSysctls TestSysfs TestUnusedIPv6Subnet TestUpstreamOnLoopback
TestWhileRestarting TestWithEngine TestWithoutMasquerade TestWithoutUserlandProxy`
