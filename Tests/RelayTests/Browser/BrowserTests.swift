import Testing

/// The page as a person has it before them. One browser at a time, since each is work for several processors.
@Suite(
  .serialized, .timeLimit(.minutes(10)),
  .enabled(if: Chromium.isInstalled, "chromium is not installed; Tests/run.sh does that where there is a network"))
enum BrowserTests {}
