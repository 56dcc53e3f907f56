using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PkbIntegrationExample.Tests;

/// <summary>
/// An isolated copy of the sandbox's seeded world. Its credentials choose it at every API. PKB_SANDBOX_URL is the
/// address of a running sandbox (http://127.0.0.1:8080), PKB_SANDBOX_ADMIN_TOKEN its admin token, if it has one.
/// </summary>
public sealed class Workspace
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(1) };
    private static readonly string? AdminToken = Environment.GetEnvironmentVariable("PKB_SANDBOX_ADMIN_TOKEN");
    private readonly string name;
    private readonly JsonArray credentials;

    private Workspace(string name, JsonArray credentials) => (this.name, this.credentials) = (name, credentials);

    public static string Url { get; } =
        (Environment.GetEnvironmentVariable("PKB_SANDBOX_URL") ?? "http://127.0.0.1:8080").TrimEnd('/');

    /// <summary>Creates a workspace; idle_seconds removes it if the test run is killed.</summary>
    public static async Task<Workspace> CreateAsync()
    {
        var name = $"xunit-{Guid.NewGuid()}";
        var created = await ControlAsync(HttpMethod.Post, "/_sandbox/workspaces", new { name, idle_seconds = 900 });
        return new Workspace(name, created!["credentials"]!.AsArray());
    }

    public Task DeleteAsync() => ControlAsync(HttpMethod.Delete, $"/_sandbox/workspaces/{name}");

    /// <summary>The first credential of a kind, as GET /_sandbox/credentials lists them.</summary>
    public JsonNode Credential(string kind) => credentials.First(row => Text(row!, "kind") == kind)!;

    /// <summary>Replaces the fault rules: requests that meet the conditions of a rule fail as it says.</summary>
    public Task SetFaultsAsync(params object[] rules) => AskAsync(HttpMethod.Put, "/faults", new { rules });

    /// <summary>Compares the journal with expectations. Throws the sandbox's sentences where they differ.</summary>
    public async Task VerifyAsync(params object[] expect)
    {
        var result = await AskAsync(HttpMethod.Post, "/verify", new { expect });
        if (!result!["ok"]!.GetValue<bool>())
        {
            Assert.Fail(string.Join('\n', result["failures"]!.AsArray().Select(failure => Text(failure!, "text"))));
        }
    }

    /// <summary>What the sandbox refused, ignored or let fail: rule, matrix cell and source of each.</summary>
    public async Task<string> ExplainAsync()
    {
        var faults = (await AskAsync(HttpMethod.Get, "/faults"))!["rules"]!.AsArray();
        var exchanges = (await AskAsync(HttpMethod.Get, "/exchanges"))!["exchanges"]!.AsArray();
        var text = new StringBuilder("What the sandbox refused or changed:\n");
        foreach (var exchange in exchanges.Where(exchange => exchange!["explain"] is not null))
        {
            var why = (await ControlAsync(HttpMethod.Get, Text(exchange!, "explain")))!;
            text.AppendLine($"{Text(exchange!, "api")} {Text(exchange!, "operation")}: {Text(exchange!, "outcome")}");
            text.AppendLine($"  {Text(why, "expected")}");
            text.AppendLine($"  rule:    {Text(why, "rule")}");
            text.AppendLine($"  instead: {Text(why, "instead")}");
            text.AppendLine($"  cell:    {Text(why, "cell")}");
            text.AppendLine($"  source:  {Text(why, "source")} ({Text(why, "standing")})");
            foreach (var rule in faults.Where(rule => Text(rule!, "id") == Text(exchange!, "fault")))
            {
                text.AppendLine($"  fault:   {rule!.ToJsonString()}");
            }
        }
        return text.ToString();
    }

    public static string Text(JsonNode node, string key) => node[key]?.GetValue<string>() ?? "";

    private Task<JsonNode?> AskAsync(HttpMethod method, string path, object? body = null) =>
        ControlAsync(method, $"/_sandbox{path}?workspace={name}", body);

    private static async Task<JsonNode?> ControlAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, Url + path);
        if (body is not null)
        {
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        }
        if (AdminToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken);
        }
        HttpResponseMessage response;
        try
        {
            response = await Http.SendAsync(request);
        }
        catch (HttpRequestException nobody)
        {
            var advice = $"No sandbox answers at {Url}. Start one, or set PKB_SANDBOX_URL.";
            throw new InvalidOperationException(advice, nobody);
        }
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync();
            if (!response.IsSuccessStatusCode)
            {
                throw new InvalidOperationException($"{method} {path}: HTTP {(int)response.StatusCode} {text}");
            }
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
    }
}
