internal import CKernelBuild

/// What the instruction set that the kernels are built for offers. The optimiser knows these numbers, so that
/// a choice by them costs nothing and leaves no code for the others.
enum Registers {
  /// Floats in one vector register: 16, 8 or 4. There are 32 registers if it is 16, else at least 16.
  static var floats: Int { Int(ckernelbuild_register_floats) }
  /// Whether one instruction multiplies and adds.
  static var fuseMultiplyAdd: Bool { ckernelbuild_fuses_multiply_add != 0 }
}
