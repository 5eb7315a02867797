import Foundation

/// What judges the files for containers, and a Caddy as new as that of an image. Tests/run.sh puts them below .build.
enum ContainerTools {
  private static let folder = WebServers.repository + "/.build/container-tools/bin/"
  static let caddy = folder + "caddy"
  static let hadolint = folder + "hadolint"
  static let compose = folder + "docker-compose"

  static let areThere = [caddy, hadolint, compose].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
  static let absence = "hadolint, docker-compose or a later caddy is not there; Tests/run.sh gets them where there is a network"

  struct NotThere: Error { var key: String }

  /// What compose puts into a variable of Caddy's container.
  static func deployed(_ variable: String) throws -> String {
    for line in try WebServers.deployed("compose.common.yaml").split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      if parts.count == 2, parts[0] == variable { return parts[1] }
    }
    throw NotThere(key: variable)
  }
}
