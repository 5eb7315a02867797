/// What one request of the provider says.
package struct SimulatedReport: Sendable, Equatable {
  package enum Status: String, Sendable { case accepted, delivered, undelivered }

  package var id: Int64
  package var packetID: Int64
  package var status: Status
  package var to: String
  package var body: String
}

/// One request to be made. Retries repeat it, duplicates are requests of their own.
package struct PlannedRequest: Sendable {
  package var report: SimulatedReport
  /// The request's body. A duplicate has the same bytes as its original.
  package var bytes: [UInt8]
  /// The provider sends this again although it was answered.
  package var isDuplicate: Bool
  /// True for a duplicate and for the request of which a duplicate will come.
  package var hasTwin: Bool
}
