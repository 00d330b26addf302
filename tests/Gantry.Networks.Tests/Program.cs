using Gantry.Networks.Tests.Support;

// The test runner loads this assembly as a library; only KillTests starts it as a program.
if (args is [Churn.Verb, var hostPath, var runDirectory, var stateDirectory, var resolvConf])
{
    await Churn.RunAsync(hostPath, runDirectory, stateDirectory, resolvConf);
}
