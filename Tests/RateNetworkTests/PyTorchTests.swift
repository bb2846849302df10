import SafeTensors
import Testing

@testable import RateNetwork

/// The network against PyTorch's numbers.
@Suite struct PyTorchTests {
  @Test(arguments: ["network_small", "network_default"])
  func `Outputs and latent states are PyTorch's`(name: String) throws {
    let golden = try Golden(name)
    let (outputs, latent) = infer(try golden.weights("init"), inputs: golden.inputs)
    let error = (
      largestDifference(outputs.values, try golden.file.floats("out")),
      largestDifference(latent.values, try golden.file.floats("latent"))
    )
    #expect(error.0 < 1e-5 && error.1 < 1e-5)
  }

  @Test(arguments: ["network_small", "network_default", "network_dropout"])
  func `Gradients are PyTorch's, with and without dropout's masks`(name: String) throws {
    let golden = try Golden(name)
    let masks = try golden.masks()
    let pass = pass(try golden.weights("init"), golden.inputs, golden.labels, masks: masks)
    #expect(largestDifference(pass.outputs.values, try golden.file.floats("out")) < 1e-5)
    #expect(largestDifference(pass.latent.values, try golden.file.floats("latent")) < 1e-5)
    #expect(largestRelativeDifference(pass.gradient, try golden.weights("grad")) < 1e-4)
    #expect((masks != nil) == (name == "network_dropout"))
  }

  @Test(arguments: [("network_small", Float(1e-4)), ("network_default", 1e-3)])
  func `Training follows PyTorch's, loss by loss`(name: String, tolerance: Float) throws {
    let golden = try Golden(name)
    let losses = try golden.file.floats("losses")
    let workspace = Workspace(
      shape: golden.shape, bins: golden.inputs.bins, trials: golden.inputs.trials, trains: true)
    workspace.load(golden.inputs, golden.labels)
    let validation = Workspace(shape: golden.shape, bins: golden.inputs.bins, trials: golden.inputs.trials)
    validation.load(golden.inputs, golden.labels)
    let options = TrainingOptions(
      steps: losses.count, dropout: 0, patience: 0, validationInterval: losses.count)
    var run = TrainingRun(workspace, validation, from: try golden.weights("init"), options)
    let trained = try run.complete { _ in }
    let finalOutputs = try golden.file.floats("final_out")
    #expect(largestDifference(trained.trainingLosses, losses) < tolerance)
    #expect(largestRelativeDifference(trained.weights, try golden.weights("final")) < tolerance)
    let outputs = infer(trained.weights, inputs: golden.inputs).outputs
    #expect(largestDifference(outputs.values, finalOutputs) < tolerance)
  }
}
