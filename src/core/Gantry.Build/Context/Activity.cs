namespace Gantry.Build.Context;

/// <summary>Work of the builder itself, told of as an activity.</summary>
internal static class Activity
{
    public static async Task<T> RunAsync<T>(IBuildProgress progress, string name, Func<Task<T>> work)
    {
        progress.ActivityStarted(name);
        try
        {
            var result = await work().ConfigureAwait(false);
            progress.ActivityFinished(name, null);
            return result;
        }
        catch (Exception e)
        {
            progress.ActivityFinished(name, e);
            throw;
        }
    }
}
