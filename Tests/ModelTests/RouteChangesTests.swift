import Model
import Testing

struct RouteChangesTests {
  private func route(_ name: String, markers: [String] = []) -> RouteSettings {
    var route = RouteSettings(name: name, url: Secret("http://127.0.0.1/"))
    route.markers = markers
    return route
  }

  @Test func `routes are told apart by their names, in the order of the files`() {
    let changes = RouteChanges(
      from: [route("d"), route("gone"), route("a", markers: ["x"]), route("b")],
      to: [route("new"), route("b", markers: ["y"]), route("a", markers: ["z"]), route("d"), route("another")])
    #expect(changes.added == ["new", "another"])
    #expect(changes.removed == ["gone"])
    #expect(changes.changed == ["b", "a"])
    #expect(!changes.isEmpty)
  }

  @Test func `another order of the same routes changes none`() {
    #expect(RouteChanges(from: [route("a"), route("b")], to: [route("b"), route("a")]).isEmpty)
  }

  @Test func `another secret changes a route`() {
    var moved = route("a")
    moved.url = Secret("http://127.0.0.1/new")
    #expect(RouteChanges(from: [route("a")], to: [moved]).changed == ["a"])
  }
}
