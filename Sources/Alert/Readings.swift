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

/// Of the file system that the store is on, in bytes.
package struct DiskSpace: Sendable, Equatable {
  /// As far as the relay may use it.
  package var free: Int
  package var total: Int

  package init(free: Int, total: Int) {
    self.free = free
    self.total = total
  }

  /// Less than this is low.
  var limit: Int {
    let share = Int(Double(total) * Limits.diskLowShare)
    return min(max(share, Limits.diskLowBytes.lowerBound), Limits.diskLowBytes.upperBound)
  }

  /// A tenth above the limit, so that a disk at the limit is not now low and now not.
  var isFine: Bool { free >= limit + limit / 10 }
  var isLow: Bool { free < limit }
}
