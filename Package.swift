// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// A folder under Sources/. The order of the targets below is the path of a report's data; Sources/README.md says the same in words.
/// - Parameter files: become part of the program, so that it stays one file.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], files: [String] = []) -> Target {
  .target(name: name, dependencies: dependencies, resources: files.map { .embedInCode($0) }, swiftSettings: strict)
}

/// A folder under Tests/.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A C library of the system: a module map and typed shims for what Swift cannot call.
func system(_ name: String, apt packages: [String] = []) -> Target {
  .systemLibrary(name: name, path: "Sources/System/\(name)", providers: packages.isEmpty ? nil : [.apt(packages)])
}

/// Templates and what a browser loads beside them.
let page =
  ["style.css", "script.js", "icon.svg"].map { "Page/\($0)" }
  + [
    "chart", "command", "details", "event", "find", "foot", "head", "health", "missing", "numbers", "report", "route", "routes", "search",
    "stamp",
    "status",
  ].map { "Page/\($0).mustache" }

let package = Package(
  name: "dlr-relay",
  products: [.executable(name: "dlr-relay", targets: ["dlr-relay"])],
  // Their corrections only: a minor version may deprecate what is used here, and a warning is an error.
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.0")),
    .package(url: "https://github.com/apple/swift-collections", .upToNextMinor(from: "1.6.0")),
    .package(url: "https://github.com/apple/swift-crypto", .upToNextMinor(from: "4.5.0")),
    .package(url: "https://github.com/apple/swift-log", .upToNextMinor(from: "1.16.0")),
    .package(url: "https://github.com/apple/swift-metrics", .upToNextMinor(from: "2.13.0")),
    .package(url: "https://github.com/apple/swift-nio", .upToNextMinor(from: "2.101.0")),
    .package(url: "https://github.com/groue/GRDB.swift", .upToNextMinor(from: "7.10.0")),
    .package(url: "https://github.com/hummingbird-project/hummingbird", .upToNextMinor(from: "2.28.0"), traits: []),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", .upToNextMinor(from: "2.1.0")),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", .upToNextMinor(from: "2.13.0")),
  ],
  targets: [
    module("Model"),
    module(
      "Receive",
      [
        "Model", "Route",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    module("Route", ["Model", "CYAML"]),
    module(
      "Store",
      [
        "Model", "Wakeup",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    module(
      "Deliver",
      [
        "Model", "CCurl", "CEpoll",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    module("Alert", ["Model", "CCurl", "Wakeup"]),
    module(
      "Observe",
      [
        "Model",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
      ]),
    module(
      "Status",
      [
        "Model", "Observe",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      files: page),
    module(
      "Traffic",
      [
        "Model",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    .executableTarget(
      name: "dlr-relay",
      dependencies: [
        "Model", "Receive", "Route", "Store", "Deliver", "Alert", "Observe", "Status", "Traffic", "CCurl", "CEpoll", "Wakeup", "Build",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      swiftSettings: strict),
    system("CYAML", apt: ["libyaml-dev"]),
    system("CCurl", apt: ["libcurl4-openssl-dev"]),
    system("CEpoll"),
    .target(name: "Wakeup", path: "Sources/System/Wakeup", swiftSettings: strict),
    .target(name: "Build", path: "Sources/System/Build", plugins: ["CommitPlugin"]),
    .plugin(name: "CommitPlugin", capability: .buildTool(), path: "Sources/System/CommitPlugin"),
    .target(
      name: "Support",
      dependencies: [
        "Model",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      path: "Tests/Support",
      swiftSettings: strict),
    // Not part of the relay: Tests/Load/run.sh builds it.
    .executableTarget(
      name: "rules-bench", dependencies: ["Model", "Route", "Traffic"], path: "Tests/Load/RulesBench", swiftSettings: strict),
    tests("RouteTests", ["Model", "Route", "Support", "Traffic"]),
    tests("ReceiveTests", ["Model", "Receive", "Route", "Support", .product(name: "NIOCore", package: "swift-nio")]),
    tests("ModelTests", ["Model", "Traffic"]),
    tests(
      "StoreTests",
      [
        "Model", "Store", "Support", "Traffic", .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    tests("SimulationTests", ["Model", "Deliver", "Support", "Traffic", .product(name: "HeapModule", package: "swift-collections")]),
    tests("DeliverTests", ["Model", "Deliver", "Support", .product(name: "Crypto", package: "swift-crypto")]),
    tests("WakeupTests", ["Wakeup"]),
    tests("AlertTests", ["Model", "Alert", "Support", "Traffic"]),
    tests(
      "ObserveTests",
      ["Model", "Observe", "Support", .product(name: "Logging", package: "swift-log"), .product(name: "Metrics", package: "swift-metrics")]),
    tests(
      "StatusTests",
      [
        "Model", "Observe", "Status", "Support",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
      ]),
    tests(
      "TrafficTests",
      [
        "Traffic", "Model", "dlr-relay",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    tests(
      "RelayTests",
      [
        "dlr-relay", "Model", "Support",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
