using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace PkbIntegrationExample.Tests;

public sealed class BookingsTests(ITestOutputHelper output) : SandboxTest(output)
{
    private static readonly Person Rina = new("9998120012", "Khatun", "Rina", new DateOnly(1991, 6, 23), "F");

    private static readonly Booking Review = new(
        "APT-1",
        "Knee clinic review",
        "Outpatients 3, North Wing",
        DateTimeOffset.Parse("2030-04-02T09:30:00+01:00"),
        DateTimeOffset.Parse("2030-04-02T09:50:00+01:00"));

    [Fact(DisplayName = "a registered person is a Patient of the Facade")]
    public async Task Registers()
    {
        await Sender().RegisterAsync(Rina);
        var patient = (await Reader().PatientAsync(Rina.NhsNumber))!;
        Assert.Equal("Khatun", Workspace.Text(patient["name"]![0]!, "family"));
        Assert.Equal("1991-06-23", Workspace.Text(patient, "birthDate"));
    }

    [Fact(DisplayName = "a booking is an Appointment of the Facade, at the same instant")]
    public async Task Books()
    {
        await Sender().RegisterAsync(Rina);
        await Sender().BookAsync(Rina, Review);
        var appointment = Assert.Single(await AppointmentsAsync());
        Assert.Equal("booked", Workspace.Text(appointment, "status"));
        Assert.Equal(Review.Start, DateTimeOffset.Parse(Workspace.Text(appointment, "start")));
        await Pkb.VerifyAsync(
            new
            {
                api = "hl7",
                operation = "SIU^S12",
                outcome = "accepted",
                count = 1,
                body = new[] { new { hl7 = "SCH-1.1", equals = "APT-1" } },
            },
            new { outcome = "refused", count = 0 });
    }

    [Fact(DisplayName = "a message is sent again when its acknowledgement is lost, and the record has one appointment")]
    public async Task SendsAgain()
    {
        await Sender().RegisterAsync(Rina);
        await Pkb.SetFaultsAsync(new { api = "hl7", operation = "SIU^S12", drop = "after-commit", first = 1 });
        await Sender().BookAsync(Rina, Review);
        await Pkb.VerifyAsync(new { api = "hl7", operation = "SIU^S12", count = 2 });
        Assert.Single(await AppointmentsAsync());
    }

    [Fact(DisplayName = "a Facade that is unavailable is asked again after the time that it names")]
    public async Task Waits()
    {
        await Sender().RegisterAsync(Rina);
        await Pkb.SetFaultsAsync(new { api = "facade", status = 503, retry_after = 7, first = 1 });
        var pauses = new List<TimeSpan>();
        var patient = await Reader(Pause).PatientAsync(Rina.NhsNumber);
        Assert.NotNull(patient);
        Assert.Equal(TimeSpan.FromSeconds(7), Assert.Single(pauses));

        Task Pause(TimeSpan wait)
        {
            pauses.Add(wait);
            return Task.CompletedTask;
        }
    }

    private async Task<IReadOnlyList<JsonNode>> AppointmentsAsync()
    {
        var patient = (await Reader().PatientAsync(Rina.NhsNumber))!;
        return await Reader().AppointmentsAsync(Workspace.Text(patient, "id"));
    }

    /// <summary>The partner's HL7 user, for the first organisation that granted it access.</summary>
    private Hl7Sender Sender()
    {
        var user = Pkb.Credential("hl7-partner");
        var alias = Workspace.Text(user["on_behalf_of"]![0]!, "alias");
        var (name, password) = (Workspace.Text(user, "username"), Workspace.Text(user, "password"));
        return new Hl7Sender(Http, Workspace.Url, name, password, alias);
    }

    private FacadeReader Reader(Func<TimeSpan, Task>? pause = null)
    {
        var client = Pkb.Credential("system-client");
        var organisation = Workspace.Text(client["on_behalf_of"]![0]!["organisation"]!, "id");
        var (id, secret) = (Workspace.Text(client, "client_id"), Workspace.Text(client, "client_secret"));
        return new FacadeReader(Http, Workspace.Url, id, secret, organisation, pause);
    }
}
