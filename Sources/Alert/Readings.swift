import Model

/// How things are, as far as no event says it. Read every few seconds.
package struct Readings: Sendable {
  package var standing: Standing
  package var gauges: [LaneGauge]
  /// nil if the store could not be read.
  package var oldestWaiting: [LaneID: Instant]?
  /// nil if the file system does not say.
  package var disk: DiskSpace?

  package init(standing: Standing, gauges: [LaneGauge], oldestWaiting: [LaneID: Instant]?, disk: DiskSpace?) {
    self.standing = standing
    self.gauges = gauges
    self.oldestWaiting = oldestWaiting
    self.disk = disk
  }
}
