import Model
import Testing

struct FiguresTests {
  @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-12_345_678, "-12,345,678")])
  func `long numbers are grouped`(number: Int, text: String) { #expect(grouped(number) == text) }

  @Test(
    arguments: [
      (.milliseconds(340), "340 ms"), (.seconds(59), "59 s"), (.seconds(61), "1 min"), (.seconds(7_260), "2 h 1 min"),
      (.seconds(273_600), "3 d 4 h"), (.seconds(-5), "0 ms"),
    ] as [(Duration, String)])
  func `a duration is told in the units one would say`(duration: Duration, text: String) { #expect(spoken(duration) == text) }

  @Test(arguments: [(999, "999 B"), (3_400_000, "3.4 MB"), (1_000, "1.0 kB"), (5_000_000_000_000, "5.0 TB")])
  func `a size is told in the unit that fits`(bytes: Int, text: String) { #expect(sized(bytes) == text) }
}
