import ArgumentParser
import Foundation
import Model
import Receive
import Status

/// Reports that nobody got, of a relay that runs or of one that does not.
protocol StrayReports: Sendable {
  func unmatched(_ cursor: String?, limit: Int) async throws -> UnmatchedAnswer
  func rerouteCount(_ cursor: String?) async throws -> RerouteCount
  func reroute() async throws -> JobAnswer
  func quarantine(_ cursor: String?, limit: Int) async throws -> QuarantineAnswer
  func quarantined(_ id: Int64) async throws -> QuarantinedAnswer
  func quarantinedBytes(_ id: Int64) async throws -> [UInt8]
  func readmit() async throws -> JobAnswer
}

extension RunningRelay: StrayReports {
  func unmatched(_ cursor: String?, limit: Int) async throws -> UnmatchedAnswer {
    try await ask("GET", page("/api/v1/unmatched", cursor, limit))
  }

  func rerouteCount(_ cursor: String?) async throws -> RerouteCount {
    try await ask("POST", "/api/v1/reroutes", body: RerouteRequest(dryRun: true, cursor: cursor))
  }

  func reroute() async throws -> JobAnswer { try await ask("POST", "/api/v1/reroutes", body: RerouteRequest()) }

  func quarantine(_ cursor: String?, limit: Int) async throws -> QuarantineAnswer {
    try await ask("GET", page("/api/v1/quarantine", cursor, limit))
  }

  func quarantined(_ id: Int64) async throws -> QuarantinedAnswer { try await ask("GET", "/api/v1/quarantine/\(id)") }
  func quarantinedBytes(_ id: Int64) async throws -> [UInt8] { Array(try await bytes("GET", "/api/v1/quarantine/\(id)?raw=true")) }
  func readmit() async throws -> JobAnswer { try await ask("POST", "/api/v1/quarantine/retries", body: [String: String]()) }

  private func page(_ path: String, _ cursor: String?, _ limit: Int) -> String {
    "\(path)?limit=\(limit)" + (cursor.map { "&cursor=\(percentEncoded($0))" } ?? "")
  }
}

/// Jobs have ended when these return, as of `start`. Whoever may read the store may see what is in it.
extension StoppedRelay {
  func unmatched(_ cursor: String?, limit: Int) async throws -> UnmatchedAnswer { try await `operator`.unmatched(cursor, limit: limit) }
  func rerouteCount(_ cursor: String?) async throws -> RerouteCount { try await `operator`.rerouteCount(cursor) }
  func reroute() async throws -> JobAnswer { try await atEnd(of: `operator`.reroute()) }

  func quarantine(_ cursor: String?, limit: Int) async throws -> QuarantineAnswer {
    try await `operator`.quarantine(cursor, limit: limit)
  }

  func quarantined(_ id: Int64) async throws -> QuarantinedAnswer { try await `operator`.quarantined(id) }
  func quarantinedBytes(_ id: Int64) async throws -> [UInt8] { try await `operator`.quarantinedBytes(id) }
  func readmit() async throws -> JobAnswer { try await atEnd(of: `operator`.readmit()) }

  private func atEnd(of job: JobAnswer) async throws -> JobAnswer {
    try await atEnd { [`operator`] in try await `operator`.job(job.id) }
  }
}

/// Reads a list page by page, up to so many of it.
/// - Parameter page: gets the cursor of the page, and how much to read.
/// - Returns: what was found, and the cursor of what is behind; nil if nothing is.
func pages<Found>(
  _ options: PageOptions, _ page: (String?, Int) async throws -> (found: [Found], next: String?)
) async throws -> (found: [Found], next: String?) {
  var read = try await page(options.cursor, min(options.limit, Limits.straysShownMax))
  var all = read.found
  while let next = read.next, all.count < options.limit {
    read = try await page(next, min(options.limit - all.count, Limits.straysShownMax))
    all += read.found
  }
  return (all, read.next)
}

/// Which part of a list is shown.
struct PageOptions: ParsableArguments {
  @Option(help: "Show at most so many.")
  var limit = 50
  @Option(help: "Show what comes behind, as the list before said.")
  var cursor: String?

  func validate() throws {
    guard limit >= 1 else { throw ValidationError("--limit must be 1 or more") }
  }
}
