import Foundation
import GRDB
import GRDBSQLite
import Model

/// What a store's file says of itself, read from end to end.
package struct StoreExamination: Sendable, Equatable {
  package var reports: Int
  package var waiting: Int
  package var dead: Int
  /// The last step of the layout that it has.
  package var schema: String
  /// nil: of a store that never got a report.
  package var lastReportAt: Instant?

  package init(reports: Int, waiting: Int, dead: Int, schema: String, lastReportAt: Instant?) {
    (self.reports, self.waiting, self.dead, self.schema, self.lastReportAt) = (reports, waiting, dead, schema, lastReportAt)
  }

  /// How it is read through.
  package enum Depth: Sendable {
    /// `PRAGMA integrity_check`: every page, every row, and whether each index agrees with its table.
    case whole
    /// `PRAGMA quick_check`: the same without the indexes.
    case quick
    case none
  }

  /// Reads a file that nobody writes, or a bounded part of one that somebody does.
  ///
  /// Of the numbers only what every layout since `Schema.oldestReadable` has, and never trusting that they fit together: the file may be anybody's.
  /// - Parameter mayGoOn: asked every few milliseconds; false ends it.
  /// - Throws: `.missing`, `.notAStore`, `.newer`, `.older`, `.damaged`, or `.unusable`.
  package static func examine(
    _ path: String, depth: Depth = .whole, mayGoOn: @escaping () -> Bool = { true }
  ) throws(StoreError) -> StoreExamination {
    guard access(path, F_OK) == 0 else { throw .missing(path: path) }
    do {
      var configuration = GRDB.Configuration()
      configuration.label = "store examination"
      configuration.readonly = true
      configuration.busyMode = .timeout(1)
      let database = try DatabaseQueue(path: path, configuration: configuration)
      defer { try? database.close() }
      return try database.read { db in
        try examine(db, path: path, depth: depth, mayGoOn: mayGoOn)
      }
    } catch {
      throw StoreConnection.explain(error, path: path)
    }
  }

  private static func examine(
    _ db: Database, path: String, depth: Depth, mayGoOn: @escaping () -> Bool
  ) throws -> StoreExamination {
    // Before anything is believed of what is read.
    try checkIntegrity(db, path: path, depth: depth, mayGoOn: mayGoOn)
    guard try StoreConnection.isOurs(db) else { throw StoreError.notAStore(path: path) }
    guard try !Schema.migrator.hasBeenSuperseded(db) else { throw StoreError.newer(path: path) }
    let applied = try Schema.migrator.appliedIdentifiers(db)
    guard applied.contains(Schema.oldestReadable), let schema = Schema.migrator.migrations.last(where: applied.contains) else {
      throw applied.isEmpty ? StoreError.notAStore(path: path) : .older(path: path)
    }
    func counter(_ name: String) throws -> Int64? {
      try Int64.fetchOne(db, sql: "SELECT value FROM counter WHERE name = ?", arguments: [name])
    }
    let copies = try Row.fetchOne(db, sql: "SELECT total(matched - delivered - dead - discarded), total(dead) FROM lane")!
    return StoreExamination(
      reports: Int(try counter(CounterName.reports) ?? 0), waiting: Int(copies[0] as Double), dead: Int(copies[1] as Double),
      schema: schema, lastReportAt: try counter(CounterName.lastReportAt).map(Instant.init(microseconds:)))
  }

  /// Faults that are told.
  private static let faultsMax = 3
  /// Instructions of SQLite between two questions: some milliseconds.
  private static let operationsBetween: Int32 = 100_000

  private static func checkIntegrity(_ db: Database, path: String, depth: Depth, mayGoOn: @escaping () -> Bool) throws {
    let check: String
    switch depth {
    case .whole: check = "integrity_check"
    case .quick: check = "quick_check"
    case .none: return
    }
    let asking = Asking(mayGoOn)
    try withExtendedLifetime(asking) {
      let context = Unmanaged.passUnretained(asking).toOpaque()
      sqlite3_progress_handler(
        db.sqliteConnection, operationsBetween,
        { Unmanaged<Asking>.fromOpaque($0!).takeUnretainedValue().mayGoOn() ? 0 : 1 }, context)
      defer { sqlite3_progress_handler(db.sqliteConnection, 0, nil, nil) }
      let faults = try String.fetchAll(db, sql: "PRAGMA \(check)(\(faultsMax))")
      // Of pages and indexes, never a stored value.
      if faults != ["ok"] { throw StoreError.damaged(path: path, words: faults.first ?? "it says nothing") }
    }
  }

  private final class Asking {
    let mayGoOn: () -> Bool
    init(_ mayGoOn: @escaping () -> Bool) { self.mayGoOn = mayGoOn }
  }
}
