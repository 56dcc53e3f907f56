using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Xml.Linq;

namespace PkbIntegrationExample;

/// <summary>A patient as the booking system knows them. The gender is F, M or U.</summary>
public sealed record Person(string NhsNumber, string Family, string Given, DateOnly BirthDate, string Gender);

public sealed record Booking(string Id, string Title, string Place, DateTimeOffset Start, DateTimeOffset End);

/// <summary>The receiver rejected a message (AR), could not process it (AE), or sent no acknowledgement.</summary>
public sealed class NotAcceptedException(string message) : Exception(message);

/// <summary>
/// Registers people and books appointments by HL7 v2 over SOAP; sends again if no acknowledgement comes. The alias,
/// MSH-4, names the organisation on whose behalf the partner sends.
/// </summary>
public sealed class Hl7Sender(HttpClient http, string url, string username, string password, string alias)
{
    private const int Attempts = 3;
    private static readonly XNamespace Soap = "http://schemas.xmlsoap.org/soap/envelope/";
    private static readonly XNamespace Pkb = "http://wsssl.hl7api.patientsknowbest.com/";

    public Task RegisterAsync(Person person) => SendAsync("ADT^A28", Pid(person));

    public Task BookAsync(Person person, Booking booking)
    {
        var times = $"^^^{Timestamp(booking.Start)}^{Timestamp(booking.End)}";
        return SendAsync(
            "SIU^S12",
            Pid(person),
            $"SCH|{Escape(booking.Id)}||||||^{Escape(booking.Title)}||||{times}",
            $"PV1|||^^^^^^^^{Escape(booking.Place)}");
    }

    private static string Pid(Person person)
    {
        var birthDate = person.BirthDate.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        var name = $"{Escape(person.Family)}^{Escape(person.Given)}";
        return $"PID|||{person.NhsNumber}^^^NHS^NH||{name}||{birthDate}|{person.Gender}";
    }

    private async Task SendAsync(string type, params string[] segments)
    {
        var sent = Timestamp(DateTimeOffset.UtcNow);
        var header = $@"MSH|^~\&|BOOKINGS|{alias}|HL7API|PKB|{sent}||{type}|{Guid.NewGuid()}|P|2.4";
        var message = string.Join('\r', segments.Prepend(header));
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                RequireAccepted(await PostAsync(message));
                return;
            }
            catch (HttpRequestException) when (attempt < Attempts)
            {
                // No response: the message may have arrived, or not. The control id is the same in each attempt, so the
                // receiver can recognise a repetition.
            }
        }
    }

    private async Task<string> PostAsync(string message)
    {
        // XText would leave the carriage returns as they are, and an XML parser would read them as line feeds.
        var text = message.Replace("&", "&amp;").Replace("<", "&lt;").Replace("\r", "&#xD;");
        var envelope =
            $"<s:Envelope xmlns:s=\"{Soap}\" xmlns:p=\"{Pkb}\"><s:Body><p:acceptMessage><arg0>{text}</arg0>"
            + "</p:acceptMessage></s:Body></s:Envelope>";
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{password}"));
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{url}/services/hl7")
        {
            Content = new StringContent(envelope, Encoding.UTF8, "text/xml"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        using var response = await http.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode
            ? body
            : throw new NotAcceptedException($"HTTP {(int)response.StatusCode}: {body}");
    }

    private static void RequireAccepted(string envelope)
    {
        var acknowledgement = XDocument.Parse(envelope).Descendants("return").FirstOrDefault()?.Value ?? "";
        var segments = acknowledgement.Split('\r').Select(segment => segment.Split('|'));
        var msa = segments.FirstOrDefault(fields => fields[0] == "MSA");
        if (msa is null || msa[1] != "AA")
        {
            var reason = msa is null ? $"no MSA segment in {envelope}" : string.Join(' ', msa.Skip(1));
            throw new NotAcceptedException(reason);
        }
    }

    /// <summary>An instant in UTC with its offset, which means the same wherever it is read.</summary>
    private static string Timestamp(DateTimeOffset at) =>
        at.ToUniversalTime().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + "+0000";

    private static string Escape(string text) =>
        text.Replace(@"\", @"\E\").Replace("|", @"\F\").Replace("^", @"\S\").Replace("&", @"\T\").Replace("~", @"\R\");
}
