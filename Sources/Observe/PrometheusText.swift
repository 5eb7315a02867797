import Model

/// One scrape: all that the relay counts, as Prometheus text.
///
/// Counters of reports, refusals and deliveries come from the store and go on over restarts; histograms, attempts and what was given up
/// begin with the process, which Prometheus takes for an ordinary counter reset.
///
/// A route's series are there while it is in the rule file or anything of it is left (`LaneStanding.holdsAnything`), so that names that
/// come and go for years do not add up.
package struct PrometheusText {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package var version: String
  package var now: Instant
  /// With the lanes that are to be shown.
  package var standing: Standing
  package var gauges: [LaneGauge]
  /// Lanes to which nothing is sent, and why.
  package var pauses: [LaneID: PauseCause]
  /// Lanes whose routes are not in the rule file.
  package var heldLanes: Set<LaneID> = []
  /// nil if the store could not tell; then the family has no samples. So it is with whatever below is nil.
  package var oldestWaiting: [LaneID: Instant]?
  package var record: Record
  /// Of the rule file in force.
  package var configLoadedAt: Instant?
  /// Keys of the rule file that take a restart.
  package var keysForRestart = 0
  package var tokens: [TokenUse] = []
  package var isStoreWritable: Bool?
  package var publicDoorAnswers: Bool?
  package var disk: DiskSpace?
  /// Those that are not done.
  package var jobs: [QueueJob]?
  /// Messages to the hooks of `alerts`.
  package var alertsSent = 0
  package var alertsLost = 0
  package var startedAt: Instant?
  package var process: ProcessFigures?
  package var libraries: PrometheusFactory?

  package init(
    version: String, now: Instant, standing: Standing, gauges: [LaneGauge], pauses: [LaneID: PauseCause] = [:],
    oldestWaiting: [LaneID: Instant]?, record: Record, configLoadedAt: Instant? = nil, libraries: PrometheusFactory? = nil
  ) {
    self.configLoadedAt = configLoadedAt
    self.version = version
    self.now = now
    self.standing = standing
    self.gauges = gauges
    self.pauses = pauses
    self.oldestWaiting = oldestWaiting
    self.record = record
    self.libraries = libraries
  }

  package var text: String { String(decoding: utf8, as: UTF8.self) }

  package var utf8: [UInt8] {
    var out = Exposition(capacity: Self.bytesOfFamilies + standing.lanes.count * Self.bytesOfLane)
    out.head("dlr_relay_build_info", .gauge, "Always 1; the label is the version of the relay.")
    out.sample("dlr_relay_build_info", .none, ("version", version), 1)
    writeFile(to: &out)
    writeDoor(to: &out)
    writeStore(to: &out)
    let lanes = lanes
    writeDeliveries(lanes, to: &out)
    writeLanes(lanes, to: &out)
    writeAlerts(to: &out)
    writeProcess(to: &out)
    libraries?.write(to: &out)
    return out.bytes
  }

  // About what they take, so that the text seldom moves while it grows.
  private static let bytesOfFamilies = 32 * 1024
  private static let bytesOfLane = 4 * 1024

  private func writeFile(to out: inout Exposition) {
    let reloads = "dlr_relay_config_reloads_total"
    out.head(reloads, .counter, "Readings of the rule file while the relay runs, by what became of it.")
    out.sample(reloads, .none, ("result", "taken"), record.file.taken)
    out.sample(reloads, .none, ("result", "refused"), record.file.refused)
    out.single(
      "dlr_relay_config_last_reload_successful", .gauge, "0 while a newer rule file than the one in force was refused.",
      record.file.isLastTaken ? 1 : 0)
    out.single(
      "dlr_relay_config_loaded_timestamp_seconds", .gauge, "When the rule file in force was read, in Unix time.",
      ifKnown: configLoadedAt?.unixSeconds)
    out.single(
      "dlr_relay_config_keys_needing_restart", .gauge,
      "Keys of the rule file that say something else than what is in force until a restart.",
      Double(keysForRestart))
  }

  private func writeAlerts(to out: inout Exposition) {
    let messages = "dlr_relay_alert_messages_total"
    out.head(messages, .counter, "Messages to the hooks under `alerts`: taken by the hook, or given up.")
    out.sample(messages, .none, ("result", "sent"), alertsSent)
    out.sample(messages, .none, ("result", "lost"), alertsLost)
  }

  /// By the names that Prometheus' own clients use, so that dashboards made for any process show this one.
  private func writeProcess(to out: inout Exposition) {
    out.single("process_start_time_seconds", .gauge, "When the process started, in Unix time.", ifKnown: startedAt?.unixSeconds)
    out.single(
      "process_cpu_seconds_total", .counter, "Processor time that the process has used, user and system.", ifKnown: process?.cpuSeconds)
    out.single(
      "process_resident_memory_bytes", .gauge, "Memory of the process that is in RAM.", ifKnown: process.map { Double($0.residentBytes) })
    out.single("process_virtual_memory_bytes", .gauge, "Address space of the process.", ifKnown: process.map { Double($0.virtualBytes) })
    out.single("process_open_fds", .gauge, "Open file descriptors: connections, files.", ifKnown: process.map { Double($0.openFiles) })
    out.single("process_max_fds", .gauge, "How many there may be.", ifKnown: process.map { Double($0.openFilesMax) })
  }
}

extension Instant {
  var unixSeconds: Double { Double(microseconds) / 1_000_000 }
}
