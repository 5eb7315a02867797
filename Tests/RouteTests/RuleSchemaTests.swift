import Foundation
import Support
import Testing
import Traffic

@testable import Route

/// What an editor says of a rule file by the schema, and what the relay says of it.
@Suite(
  .ownThread, .timeLimit(.minutes(10)),
  .enabled(if: JSONSchema.isInstalled, "the validator is not installed; Tests/run.sh does that where there is a network"))
struct RuleSchemaTests {
  private func faults(_ files: [String]) throws -> [String?] {
    let instances = try files.map { try #require(Document(yaml: $0), "\($0)").json }
    return try JSONSchema.faults(of: instances, by: RuleSchema.text)
  }

  private func file(_ name: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return String(decoding: try Data(contentsOf: root.appending(path: name)), as: UTF8.self)
  }

  @Test func `the example and the files of the README are accepted`() throws {
    let blocks = try file("README.md").components(separatedBy: "\n```yaml\n").dropFirst().map { $0.components(separatedBy: "\n```")[0] }
    #expect(!blocks.isEmpty)
    let whole = try [file("routes.example.yaml")] + blocks.filter { $0.contains("receive:") }
    #expect(try faults(whole) == whole.map { _ in nil })
  }

  @Test func `of a bad file the schema knows what the corpus says it can know`() throws {
    let files = BadFile.all.filter { $0.schema != .cannotRead }
    for file in BadFile.all where file.schema == .cannotRead { #expect(Document(yaml: file.yaml) == nil, "\(file.testDescription)") }
    for (file, fault) in zip(files, try faults(files.map(\.yaml))) {
      #expect((fault != nil) == (file.schema == .refuses), "\(file.testDescription): \(fault ?? "accepted")")
    }
  }

  @Test func `a generated file is accepted by both, and by neither once its structure is broken`() throws {
    var rng = SplitMix64(seed: 20_261_123)
    let good = (0..<300).map { _ in GeneratedFile(using: &rng) }
    for file in good {
      let errors = read(file.yaml).diagnostics.filter { $0.severity == .error }
      #expect(errors.map(\.description) == [], "\(file.yaml)")
    }
    for (file, fault) in zip(good, try faults(good.map(\.yaml))) { #expect(fault == nil, "\(file.yaml)") }

    let broken = good.flatMap { file in (0..<4).map { _ in file.broken(using: &rng) } }
    for (file, fault) in zip(broken, try faults(broken.map(\.yaml))) {
      #expect(fault != nil, "the schema takes \(file.how):\n\(file.yaml)")
      #expect(read(file.yaml).configuration == nil, "the reader takes \(file.how):\n\(file.yaml)")
    }
    // Every way of breaking a file was tried.
    #expect(Set(broken.map(\.kind)) == Set(GeneratedFile.Break.allCases))
  }

  @Test func `a merge key is accepted where it is not replaced`() throws {
    let instance = """
      {"receive": {"tokens": ["x"], "<<": {}}, "routes": [{"<<": {"a": 1}, "name": "a", "otherwise": true, "url": "http://a/",
      "headers": {"<<": {"x": "y"}}}], "x-shared": [1]}
      """
    #expect(try JSONSchema.faults(of: [instance], by: RuleSchema.text) == [nil])
  }

  @Test func `every key has a description, and every default is of its own kind`() throws {
    var instances: [String] = []
    var schemas: [String] = []
    for key in Block.allCases.flatMap(\.keys) {
      #expect(key.about.hasSuffix(".") || key.about.hasSuffix(",") || key.about.contains("://") || key.about.hasSuffix("-"), "\(key.name)")
      guard let value = key.byDefault else { continue }
      instances.append(value.text)
      schemas.append(RuleSchema.text(of: key))
    }
    for (instance, schema) in zip(instances, schemas) {
      #expect(try JSONSchema.faults(of: [instance], by: schema) == [nil], "\(instance) \(schema)")
    }
  }
}
