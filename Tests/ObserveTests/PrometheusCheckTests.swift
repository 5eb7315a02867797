import Support
import Testing

/// The checker that other tests rely on lets nothing of this through.
struct PrometheusCheckTests {
  private static let head = "# HELP x_total Help.\n# TYPE x_total counter\n"

  @Test func `a good exposition passes`() throws {
    let check = try PrometheusCheck(Self.head + "x_total{a=\"q\\\"b\\\\n\\n\"} 1\nx_total 2.5\n")
    #expect(check.value("x_total", ["a": "q\"b\\n\n"]) == 1)
    #expect(check.value("x_total") == 2.5)
  }

  @Test(arguments: [
    head + "x_total 1",
    "x_total 1\n",
    "# TYPE x_total counter\nx_total 1\n",
    "# HELP x_total \n# TYPE x_total counter\n",
    "# HELP x Help.\n# TYPE x counter\n",
    "# HELP x_total Help.\n# TYPE x_total gauge\n",
    "# HELP x_ms Help.\n# TYPE x_ms gauge\n",
    "# HELP xY Help.\n# TYPE xY gauge\n",
    head + head,
    head + "y_total 1\n",
    head + "x_total 1\nx_total 2\n",
    head + "x_total{a=\"1\"} 1\nx_total{a=\"1\"} 1\n",
    head + "x_total{a=\"1} 1\n",
    head + "x_total{a=\"\\x\"} 1\n",
    head + "x_total{a=1} 1\n",
    head + "x_total one\n",
    head + "x_total 1 \n",
    head + "\n",
    "# HELP h Help.\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
    "# HELP h Help.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
    "# HELP h Help.\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
  ])
  func `what Prometheus or promtool would refuse is refused`(text: String) {
    #expect(throws: PrometheusCheck.Flaw.self) { try PrometheusCheck(text) }
  }
}
