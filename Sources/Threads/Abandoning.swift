import SystemPackage

/// What `work` gives, or nil where it has not ended in time, or the task that waits here is cancelled: it is cancelled
/// then and left behind, in whatever call it hangs.
package func abandoning<Value: Sendable>(
  after limit: Duration, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
  let (answers, answer) = AsyncStream<Value>.makeStream(bufferingPolicy: .bufferingOldest(1))
  let worker = Task {
    answer.yield(await work())
    answer.finish()
  }
  let timer = Task {
    try? await Task.sleep(for: limit)
    answer.finish()
  }
  defer { timer.cancel() }
  for await value in answers { return value }
  worker.cancel()
  return nil
}

/// What `body` gives on a thread of its own, or nil where it has not by then: the thread is left behind, in a call that
/// may never come back.
///
/// - Throws: `Errno` where the system gives no thread.
package func onOwnThread<Value: Sendable>(
  atMost limit: Duration, _ body: @escaping @Sendable () -> Value
) async throws(Errno) -> Value? {
  let result: Result<Value, Errno>? = await abandoning(after: limit) {
    await withCheckedContinuation { continuation in
      do throws(Errno) {
        try onOwnThread { continuation.resume(returning: .success(body())) }
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
  }
  return try result?.get()
}
