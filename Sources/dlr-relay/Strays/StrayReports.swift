import ArgumentParser
import Foundation
import Model
import Status

/// Reports that nobody got, of a relay that runs or of one that does not.
protocol StrayReports: Sendable {
  func unmatched(after: Int64, limit: Int) async throws -> UnmatchedAnswer
  func rerouteCount(after: Int64) async throws -> RerouteCount
  func reroute() async throws -> JobAnswer
  func quarantine(after: Int64, limit: Int) async throws -> QuarantineAnswer
  func quarantined(_ id: Int64) async throws -> QuarantinedAnswer
  func quarantinedBytes(_ id: Int64) async throws -> [UInt8]
  func readmit() async throws -> JobAnswer
}

extension RunningRelay: StrayReports {
  func unmatched(after: Int64, limit: Int) async throws -> UnmatchedAnswer {
    try await ask("GET", "/api/v1/unmatched?after=\(after)&limit=\(limit)")
  }

  func rerouteCount(after: Int64) async throws -> RerouteCount {
    try await ask("POST", "/api/v1/reroutes", body: RerouteRequest(dryRun: true, after: after))
  }

  func reroute() async throws -> JobAnswer { try await ask("POST", "/api/v1/reroutes", body: RerouteRequest()) }

  func quarantine(after: Int64, limit: Int) async throws -> QuarantineAnswer {
    try await ask("GET", "/api/v1/quarantine?after=\(after)&limit=\(limit)")
  }

  func quarantined(_ id: Int64) async throws -> QuarantinedAnswer { try await ask("GET", "/api/v1/quarantine/\(id)") }
  func quarantinedBytes(_ id: Int64) async throws -> [UInt8] { Array(try await bytes("GET", "/api/v1/quarantine/\(id)?raw=1")) }
  func readmit() async throws -> JobAnswer { try await ask("POST", "/api/v1/quarantine/retries", body: [String: String]()) }
}

/// Jobs have ended when these return, as of `start`. Whoever may read the store may see what is in it.
extension StoppedRelay {
  func unmatched(after: Int64, limit: Int) async throws -> UnmatchedAnswer { try await `operator`.unmatched(after: after, limit: limit) }
  func rerouteCount(after: Int64) async throws -> RerouteCount { try await `operator`.rerouteCount(after: after) }
  func reroute() async throws -> JobAnswer { try await atEnd(of: `operator`.reroute()) }

  func quarantine(after: Int64, limit: Int) async throws -> QuarantineAnswer {
    try await `operator`.quarantine(after: after, limit: limit)
  }

  func quarantined(_ id: Int64) async throws -> QuarantinedAnswer { try await `operator`.quarantined(id) }
  func quarantinedBytes(_ id: Int64) async throws -> [UInt8] { try await `operator`.quarantinedBytes(id) }
  func readmit() async throws -> JobAnswer { try await atEnd(of: `operator`.readmit()) }

  private func atEnd(of job: JobAnswer) async throws -> JobAnswer {
    try await atEnd { [`operator`] in try await `operator`.job(job.id) }
  }
}

/// Reads a list page by page, up to so many of it.
/// - Parameter page: gets what to read behind, and how much.
/// - Returns: what was found, and what more is behind; nil if nothing is.
func pages<Found>(
  after: Int64, limit: Int, _ page: (Int64, Int) async throws -> (found: [Found], next: Int64?)
) async throws -> (found: [Found], next: Int64?) {
  var (all, next): ([Found], Int64?) = ([], after)
  while let after = next, all.count < limit {
    let read = try await page(after, min(limit - all.count, Limits.straysShownMax))
    all += read.found
    next = read.next
  }
  return (all, next)
}

/// Which part of a list is shown.
struct PageOptions: ParsableArguments {
  @Option(help: "Show at most so many.")
  var limit = 50
  @Option(help: "Show what comes behind this, as the list before said.")
  var after: Int64 = 0

  func validate() throws {
    guard limit >= 1 else { throw ValidationError("--limit must be 1 or more") }
  }
}
