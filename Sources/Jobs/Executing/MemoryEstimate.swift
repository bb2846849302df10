import Parameters
import Vocabulary

public enum MemoryEstimate {
  public static func bytes(for job: PlannedJob, _ parameters: InferenceParameters) -> Int { 64 << 20 }
}
