using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace PkbIntegrationExample;

/// <summary>
/// Reads the Facade as a System Client; waits as long as Retry-After says, then tries again. The organisation is the
/// public id of the one on whose behalf the partner reads.
/// </summary>
public sealed class FacadeReader(
    HttpClient http,
    string url,
    string clientId,
    string clientSecret,
    string organisation,
    Func<TimeSpan, Task>? pause = null)
{
    private const int Attempts = 3;
    private readonly Func<TimeSpan, Task> pause = pause ?? Task.Delay;
    private string? token;

    /// <summary>The patient with an NHS number, or null if the organisation has none.</summary>
    public async Task<JsonNode?> PatientAsync(string nhsNumber) =>
        (await SearchAsync("Patient", "identifier", $"https://fhir.nhs.uk/Id/nhs-number|{nhsNumber}")).FirstOrDefault();

    public Task<IReadOnlyList<JsonNode>> AppointmentsAsync(string patientId) =>
        SearchAsync("Appointment", "patient", patientId);

    private async Task<IReadOnlyList<JsonNode>> SearchAsync(string type, string parameter, string value)
    {
        using var response = await GetAsync($"{url}/fhir/{type}?{parameter}={Uri.EscapeDataString(value)}");
        var body = await response.Content.ReadAsStringAsync();
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{type}: HTTP {(int)response.StatusCode} {body}");
        }
        var entries = JsonNode.Parse(body)!["entry"]?.AsArray() ?? new JsonArray();
        return entries.Select(entry => entry!["resource"]!).ToList();
    }

    private async Task<HttpResponseMessage> GetAsync(string address)
    {
        token ??= await NewTokenAsync();
        for (var attempt = 1; ; attempt++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            request.Headers.Add("X-Org-Public-Id", organisation);
            var response = await http.SendAsync(request);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable || attempt == Attempts)
            {
                return response;
            }
            var wait = response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1);
            response.Dispose();
            await pause(wait);
        }
    }

    private async Task<string> NewTokenAsync()
    {
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{clientId}:{clientSecret}"));
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials" };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{url}/api/oauth/token")
        {
            Content = new FormUrlEncodedContent(form),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(body)!["access_token"]!.GetValue<string>()
            : throw new HttpRequestException($"no token: HTTP {(int)response.StatusCode} {body}");
    }
}
