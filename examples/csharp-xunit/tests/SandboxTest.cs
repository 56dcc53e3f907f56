using Xunit.Abstractions;

namespace PkbIntegrationExample.Tests;

/// <summary>
/// A class of tests in which each test has a workspace of its own, <see cref="Pkb"/>. xunit shows the output of tests
/// that fail: there the sandbox says what it refused, by which rule, and on which page of PKB.
/// </summary>
public abstract class SandboxTest(ITestOutputHelper output) : IAsyncLifetime
{
    protected Workspace Pkb { get; private set; } = null!;

    protected HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(30) };

    public async Task InitializeAsync() => Pkb = await Workspace.CreateAsync();

    public async Task DisposeAsync()
    {
        output.WriteLine(await Pkb.ExplainAsync());
        await Pkb.DeleteAsync();
        Http.Dispose();
    }
}
