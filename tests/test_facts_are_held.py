"""Every fact is held: the code names it, a test names it, or it stands in one of the two tables below.

`FAMILIES` are rows of data that the code enforces one like the other; `HELD` are single behaviours. Both name the test
that fails when the behaviour is another.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from sandbox.facts import ledger

TESTS = Path(__file__).parent
SOURCES = (TESTS.parent / "sandbox", TESTS)

FAMILIES = {
    # a cell is asked for by a request of its own, and its answer stands in the test
    r"matrix/.*": "a_request_meets_its_cell",
    # an interaction, parameter or operation that is taken out of a statement is refused
    r"statement-.*/search\..*": "a_parameter_that_is_taken_out_is_unknown",
    r"statement-.*/interaction\..*": "an_interaction_that_is_taken_out_is_refused",
    r"statement-.*": "the_unchanged_statement_allows_reads_and_searches",
    r"[A-Z]\w+-[ti]-.*": "an_operation_that_is_taken_out_is_refused",
    # a field is required, used or ignored as its row says
    r"(adt|mdm|oru|qry|siu)_?\w*/.*": "each_field_reaches_the_attribute_that_the_facts_name",
    r"common/.*": "each_field_reaches_the_attribute_that_the_facts_name",
    r"roadmap/.*": "lint_says_what_is_used",
    # a key is served, an operation answered, a code reached
    r"objects/.*": "the_keys_served_are_those_of_the_catalogue",
    r"catalogue/.*": "every_request_is_answered_as_the_catalogue_says",
    r"errors/.*": "every_refusal_of_the_table_is_reached",
    # a row of a table of codes is sent and read back
    r"national_ids/.*": "custom_rest_names_a_number_and_its_countries",
    r"types/.*": "a_resource_of_a_patient_shows_by_its_reference_to_the_patient",
    r"news/.*": "a_resource_tells_whom_the_table_says",
    r"stu3_to_r4/.*": "what_an_element_becomes",
    r"notifications\..*": "a_message_tells_whom_the_table_says",
    # a client that checks names connects by each
    r"tls\..*-host": "a_client_that_trusts_the_authority_accepts_the_certificate",
    # a requirement has an example that does not meet it
    r"customer\.requirement-.*": "each_rule_is_a_fact_and_has_an_example",
}
"""Pattern of ids → the test of the family."""

HELD = {
    "doors.facade": "the_doors_answer_as_their_apis_do",
    "doors.aggregated": "the_doors_answer_as_their_apis_do",
    "doors.rest": "the_doors_answer_as_their_apis_do",
    "tls.lowest-version": "versions_before_tls_1_2_are_refused",
    "faults.statuses": "a_status_has_the_api_s_own_error_body",
    "access.team-header": "a_search_with_a_team_lists_what_it_may_use",
    "access.team-header-elsewhere": "a_request_not_made_for_a_team_needs_no_header",
    "access.token-before-grant": "a_token_from_before_the_grant_works_after_it_and_stops_when_it_is_withdrawn",
    "access.grant-bounds": "a_grant_bounds_what_is_seen",
    "access.own-organisation": "an_organisation_gets_credentials_of_its_own",
    "access.app-aggregated-pending": "without_the_setting_they_are_refused",
    "access.visibility-frozen": "a_frozen_patient_is_closed_to_carers_and_professionals_without_a_team",
    "access.visibility-source": "a_source_sees_its_own_whatever_the_consent_the_label_or_the_sharing",
    "access.visibility-discharged": "of_a_patient_to_whom_it_supplied_nothing_a_team_sees_nothing",
    "access.visibility-consent": "consent_opens_the_labels_that_it_grants",
    "access.visibility-unlabelled": "data_without_a_label_takes_all_four",
    "access.visibility-sharing-disabled": "sharing_disabled_switches_consent_off_and_removes_carers",
    "access.visibility-messages": "messages_show_to_those_who_take_part",
    "access.visibility-organisation": "an_organisation_sees_its_own_patients_only",
    "matching.email": "two_emails_as_identifiers_are_refused",
    "matching.national-number-changes": "a_national_number_is_changed_when_another_identifier_leads_to_the_record",
    "matching.outside-record": "clinical_data_does_not_join_the_patient_to_the_sender",
    "demographics.strict": "strict_demographics_demand_birth_and_gender_too",
    "demographics.blank-ignored": "a_blank_leaves_a_value_and_the_null_clears_it",
    "demographics.null-clears": "the_null_clears_its_own_field_only",
    "demographics.local-numbers-stay": "an_unknown_local_number_is_added_and_none_is_taken_away",
    "membership.default-team-removal": "a_record_joins_and_leaves_teams_and_stays_in_the_organisation",
    "membership.consent-with-team": "joining_a_team_adds_consent_to_its_labels",
    "membership.counts-as-update": "a_window_of_time_finds_who_has_joined",
    "membership.outside-record": "a_record_outside_the_organisation_joins_it",
    "contacts.first-email-invites": "the_first_email_of_an_existing_record_invites",
    "filing.list-replaced": "a_list_replaces_the_senders_whole_list_and_keeps_those_of_others",
    "filing.ids-stay": "an_entry_that_is_sent_again_keeps_its_id",
    "review.states": "a_decision_is_made_once",
    "review.refused-not-held": "a_message_that_would_be_refused_is_not_held",
    "review.soft-matching-names": "names_may_be_compared_too",
    "review.data-point": "rejection_drops_the_message_and_later_ones_about_the_same",
    "roll.members": "deceased_frozen_unregistered_and_unconsenting_patients_are_listed",
    "roll.team-grant": "a_partner_whose_grant_comes_from_a_team_sees_its_patients_only",
    "labels.by-service": "each_service_is_looked_up_in_its_own_code_set",
    "labels.by-code": "a_code_that_decides_the_label_of_a_diagnosis",
    "labels.semantic-codes": "a_code_that_decides_the_label_of_a_diagnosis",
    "labels.changed-by-hand": "relabelling_a_data_point_keeps_its_time",
    "consents.one-record": "a_consent_is_given_changed_and_ended",
    "consents.sharing-disabled-removes-carers": "sharing_is_disabled_which_removes_the_carers_and_enabled_again",
    "registration.codes": "a_patient_registers_with_the_codes_of_an_invitation",
    "registration.page": "the_mailed_link_says_who_is_invited_and_by_whom",
    "registration.unknown-date-of-birth": "the_codes_of_an_invitation_by_e_mail_register_too",
    "carers.kept": "what_is_kept_goes_on_until_the_next_birthday",
    "messages.notification": "a_message_from_a_professional_tells_the_patient",
    "questionnaires.request": "a_request_is_answered_and_the_requestor_is_mailed",
    "questionnaires.answers": "an_answer_must_fit_its_question",
    "entry.medication-active": "active_medications_are_those_without_an_end_in_the_past",
    "times.days": "an_entered_day_stays_the_same_at_every_door",
    "measurements.codes": "every_type_is_listed_as_pkb_has_it",
    "measurements.names": "every_type_is_listed_as_pkb_has_it",
    "measurements.input-forms": "an_input_form_is_converted_and_what_was_entered_is_kept",
    "measurements.observables": "an_observable_entity_is_a_measurement_too",
    "measurements.units": "a_unit_has_its_other_spellings",
    "measurements.positions": "the_panel_tells_the_position_of_a_blood_pressure",
    "measurements.of-a-world": "a_type_of_a_world_works_at_every_door",
    "measurements.blood-pressure": "several_readings_are_joined_by_their_time",
    "measurements.order-number": "one_measurement_needs_no_order_number_and_several_do",
    "national_ids.aliases": "an_older_pair_of_authority_and_type_code_is_taken",
    "documents.code-set": "a_document_has_the_type_of_its_code",
    "documents.replaced": "a_known_number_is_replaced_whole_and_unread_again",
    "documents.unchanged": "an_unchanged_repeat_of_a_document_stays_read",
    "documents.status": "a_document_needs_its_required_fields",
    "documents.filename": "a_document_without_a_file_name_is_called_document_with_the_extension_of_its_format",
    "facade.code-systems": "a_coding_system_by_the_name_that_hl7_gives_it",
    "hl7.soap": "an_envelope_is_opened",
    "hl7.soap-reply": "a_reply_has_one_unqualified_return_in_the_response_of_the_operation",
    "hl7.soap-operation": "a_call_without_a_message_is_acknowledged_as_an_unexpected_error",
    "hl7.wsdl": "the_wsdl_needs_no_credentials_and_names_the_address_it_was_asked_at",
    "hl7.wsdl-names": "the_wsdl_has_one_operation_with_one_argument",
    "hl7.get": "get_says_that_post_is_allowed",
    "hl7.unauthorised": "without_hl7_credentials_the_answer_is_401_with_an_empty_body",
    "hl7.gp-merged": "rol_goes_before_pd1_in_one_message",
    "hl7.roadmap-pd1": "pd1_brings_practice_and_gp",
    "hl7.roadmap-rol": "rol_replaces_earlier_gp_details",
    "hl7.roadmap-nk1": "nk1_replaces_all_entries_of_the_organisation_and_no_others",
    "hl7.roadmap-zvn": "zvn_names_the_event",
    "hl7.line-ends": "any_line_end_separates_segments",
    "hl7.escapes": "an_inbound_escape_is_read",
    "hl7.timestamp-precision": "a_timestamp_is_an_instant",
    "hl7.timestamp-zone": "without_a_usable_offset_the_zone_of_the_sender_holds",
    "hl7.partner-alias-bare": "of_two_aliases_the_first_is_kept_as_the_way_it_came",
    "hl7.ack": "an_acceptance_has_a_header_and_an_msa_without_text",
    "hl7.ack-type": "without_a_message_the_reply_has_neither_receiver_nor_trigger_nor_control_id",
    "hl7.no-duplicates": "a_control_id_that_was_seen_before_is_accepted_again",
    "hl7.size": "a_chunked_body_that_grows_too_large_is_413",
    "hl7.plain-http": "a_soap_client_made_from_the_wsdl_sends_a_patient",
    "hl7.null": "the_null_is_blank_in_a_list",
    "hl7.patient-class": "a_document_has_the_patient_class_of_its_code",
    "encounters.last-event": "any_order_of_messages_gives_the_documented_events",
    "encounters.cancel-transfer": "the_latest_transfer_is_cancelled_first",
    "encounters.cancel-appointment": "an_announced_admission_has_an_appointment",
    "encounters.events": "an_event_sent_once_is_replaced",
    "encounters.update": "an_update_corrects_the_times_of_admission_and_discharge",
    "frontend.credentials-first": "wrong_credentials_are_refused_before_the_body_arrives",
    "encounters.update-roadmap": "the_latest_event_takes_the_content",
    "encounters.appointment": "an_announced_admission_has_an_appointment",
    "encounters.appointment-id": "an_announced_admission_has_an_appointment",
    "encounters.demographics": "these_messages_never_change_demographics",
    "encounters.label": "an_encounter_has_the_label_of_the_latest_message_that_names_a_service",
    "care-plans.replaced": "a_care_plan_keeps_its_versions",
    "care-plans.unchanged": "a_care_plan_keeps_its_versions",
    "care-plans.created": "a_care_plan_keeps_its_versions",
    "results.versions": "a_lab_report_in_two_panels_is_corrected_withdrawn_and_sent_again",
    "results.many-tests": "pkbs_acceptance_tests_of_a_laboratory_feed_pass",
    "results.order-number-texts": "a_laboratory_message_needs_its_required_fields",
    "radiology.system": "a_registered_system_name_is_radiology_and_any_other_is_not",
    "radiology.replaced": "a_radiology_report_is_replaced_whole",
    "radiology.html": "a_blank_line_of_a_radiology_report_stays",
    "appointments.replace": "s12_replaces_the_whole_appointment_with_a_new_one",
    "appointments.update": "an_update_keeps_what_is_blank_and_replaces_attendees",
    "appointments.cancel": "of_an_unknown_appointment_the_whole_is_needed",
    "appointments.partner-url": "a_management_url_alone_changes_nothing_else",
    "appointments.partner-links": "the_link_out_carries_the_identity_last_and_the_partner_brings_it_back",
    "oauth.grant-type-in-query": "the_grant_type_may_stand_in_the_query_string_with_an_empty_body",
    "oauth.customer-roles": "a_token_names_its_roles_at_each_endpoint_of_its_organisation",
    "oauth.customer-issuer": "a_customer_s_token_is_of_the_realm_whatever_the_host",
    "oauth.keys": "the_keys_are_a_jwk_set_without_private_parts",
    "oauth.separate-issuers": "wrong_credentials_are_refused",
    "oauth.token-is-jwt": "a_forgery_is_refused",
    "oauth.cors": "the_control_api_hl7_and_pages_are_never_shared",
    "oauth.no-refresh-token": "no_refresh_token_comes_with_client_credentials",
    "oauth.authorize-denied": "deny_redirects_with_access_denied",
    "oauth.redirect-uri": "a_registered_uri_may_carry_more_parameters",
    "oauth.tethered": "the_scope_site_must_be_asked_for",
    "oauth.key-rotation": "tokens_of_before_and_after_a_rotation_are_good_and_their_keys_published",
    "rest.mounts": "an_operation_is_at_both_mounts",
    "rest.paths-of-2014": "the_paths_of_2014_are_marked",
    "rest.data-from-other-org": "data_entered_by_others_adds_its_cell",
    "rest.public": "only_reading_them_is_public",
    "rest.wrong-scope-message": "another_user_type_is_refused_in_the_words_of_pkb",
    "rest.error-body": "every_refusal_of_the_table_is_reached",
    "rest.ids": "an_unknown_id_is_not_found",
    "rest.no-paging": "the_newest_is_first",
    "rest.days": "an_entered_day_stays_the_same_at_every_door",
    "rest.times": "a_time_is_taken_in_several_forms_and_shown_in_one",
    "rest.wrapped-lists": "only_lists_of_v1_are_wrapped",
    "rest.site-self": "a_tethered_client_is_its_team",
    "rest.carers-shown": "a_carer_lists_patients_but_may_not_open_a_patient_as_a_user",
    "rest.height-and-weight": "height_and_weight_are_the_newest_measurements_in_all_their_forms",
    "rest.users-seen": "who_may_open_whom",
    "rest.country": "a_country_that_was_sent_as_gbr_is_that_of_the_organisation",
    "rest.patients-of": "the_patients_of_a_team_are_those_who_let_it_see_something",
    "rest.label-of-new-data": "a_team_writes_for_its_patient_under_the_label_of_the_team",
    "rest.plan-drafts": "a_draft_shows_to_those_who_wrote_it",
    "rest.messages-after": "after_is_strictly_after_and_the_oldest_is_first",
    "rest.attachments": "only_files_of_documents_that_one_may_see_are_given_out",
    "rest.invited": "every_call_makes_a_new_pair_for_ten_weeks_and_both_are_good",
    "rest.invited-for": "a_pair_is_over_after_ten_weeks",
    "rest.consents-of": "a_carer_gives_no_consent",
    "rest.withheld": "a_result_that_is_held_back_shows_to_the_patient_without_what_it_says",
    "rest.coded-measurements": "a_pair_that_a_hospital_sent_is_one_measurement_here",
    "rest.user-type-words": "a_professional_reads_who_they_are",
    "rest.gender-letters": "a_patient_reads_who_they_are",
    "rest.general-label": "pkbs_word_for_general_health_is_taken_too",
    "aggregated.not-aggregated": "every_other_type_is_empty",
    "aggregated.no-selector": "every_type_of_the_statement_is_searched_and_read",
    "aggregated.full-url": "the_searchset_has_the_shape_of_pkb_s_samples",
    "aggregated.organisation": "every_organisation_sees_what_the_rules_say",
    "aggregated.labels": "every_organisation_sees_what_the_rules_say",
    "aggregated.unset-label": "every_organisation_sees_what_the_rules_say",
    "aggregated.disabled-frozen": "every_organisation_sees_what_the_rules_say",
    "aggregated.without-patient": "a_resource_without_a_patient_shows_to_its_owner_and_a_terminology_to_everyone",
    "aggregated.source-is-owner": "without_the_cell_of_others_only_one_s_own_clinical_data_shows",
    "aggregated.several-patients": "a_resource_of_several_patients_shows_when_it_shows_for_one_of_them",
    "aggregated.skipped": "it_is_skipped_with_its_reason",
    "aggregated.identifiers": "it_is_skipped_with_its_reason",
    "aggregated.patient-rules": "a_customer_s_patient_with_an_invalid_number_is_skipped",
    "aggregated.source-organisation": "a_patient_without_a_source_comes_from_the_default_organization",
    "aggregated.organization-identifier": "organisations_merge_with_pkb_s_own_by_their_code",
    "aggregated.label-of-resource": "a_resource_has_one_privacy_label",
    "aggregated.merge": "two_feeds_and_the_record_merge_into_one_patient",
    "aggregated.mapped-when-read": "no_answer_depends_on_what_was_asked_before",
    "aggregated.group-ids": "the_id_of_a_record_is_its_own_and_other_groups_keep_theirs",
    "aggregated.two-people": "a_patient_with_the_numbers_of_two_records_is_skipped_with_what_refers_to_it",
    "aggregated.medication-without-code": "medications_merge_by_code_to_the_letter",
    "aggregated.copy": "references_are_found_and_rewritten_everywhere",
    "aggregated.same-again": "the_same_again_makes_no_version",
    "aggregated.delay": "the_delay_goes_by_the_clock_and_the_setting_shows_more",
    "aggregated.meta": "the_meta_of_a_copy_is_that_of_pkb",
    "aggregated.questionnaire-address": "a_response_names_its_questionnaire_by_the_address_that_the_client_knows",
    "aggregated.local-numbers": "local_numbers_of_other_organisations_show_with_the_patient",
    "aggregated.routes": "every_route_of_pkb_s_code_has_a_display",
    "aggregated.status": "a_patient_carries_the_user_status",
    "aggregated.non-fhir": "the_delay_goes_by_the_clock_and_the_setting_shows_more",
    "aggregated.unmapped-elements": "every_body_is_valid_by_the_schema_of_hl7",
    "aggregated.specialty-names": "specialties_are_named_when_they_are_read",
    "aggregated.chosen-label": "a_chosen_label_survives_a_resend_and_never_goes_upstream",
    "customer.texts": "a_control_character_is_refused",
    "customer.id-kept": "create_keeps_an_id_in_the_body",
    "customer.content-location": "every_write_names_its_version",
    "customer.binary": "a_binary_is_written_and_read_in_its_own_media_type",
    "customer.codes-of-stu3": "a_history_names_methods_and_responses_that_the_release_has",
    "customer.bundle-order": "entries_run_in_the_order_that_is_given",
    "customer.bundle-links": "links_go_by_the_type_of_an_element_and_not_by_its_name",
    "customer.strict-references": "strict_references_lead_somewhere",
    "facade.patient": "a_patient_is_read",
    "facade.patient-visibility": "a_team_s_grant_finds_that_team_s_patients_only",
    "facade.consent": "each_label_is_an_exception_of_its_own",
    "facade.consent-visibility": "each_caller_sees_the_data_that_the_rules_allow",
    "facade.organization": "a_team_is_an_organization_that_is_part_of_one",
    "facade.order": "resources_of_one_time_come_by_their_ids_the_last_one_first",
    "facade.source": "a_carer_in_a_message_is_one_contained_related_person",
    "facade.delayed": "a_document_that_is_held_back_has_no_title_for_the_patient",
    "facade.appointment": "an_appointment_is_returned_with_every_element",
    "facade.communication": "messages_of_a_conversation_are_returned_with_every_element",
    "facade.encounter": "an_encounter_has_the_histories_of_specialty_and_class_and_no_label",
    "facade.observation": "an_observation_says_what_was_tested_and_when_and_no_value",
    "facade.diagnostic-report": "a_radiology_report_is_returned_with_every_element",
    "facade.document-reference": "a_document_is_returned_with_every_element",
    "facade.questionnaire": "each_caller_sees_the_questionnaires_of_permitted_organisations",
    "facade.questionnaire-response": "each_caller_sees_the_permitted_answers",
    "facade.procedure-request": "a_request_is_returned_with_every_element",
    "search.parameters": "a_table_has_every_parameter_of_its_type",
    "search.total": "the_total_is_counted_unless_none_is_asked_for",
    "search.time-zone": "dates_match_as_the_specification_says",
    "search.token-case": "the_case_of_codes_counts_in_r4_only",
    "search.code-system": "tokens_match_as_the_specification_says",
    "search.quantity-units": "a_quantity_with_a_comparator_is_a_range",
    "messaging.one-email": "of_several_addresses_the_first_is_processed",
    "messaging.email-of-another-record": "an_address_of_another_record_is_left_out_with_a_warning",
    "messaging.update": "a_known_patient_is_updated_and_what_is_not_sent_stays",
    "messaging.no-review": "status_checking_holds_nothing_here",
    "messaging.answers": "a_patient_is_created_with_everything_that_the_table_maps",
    "messaging.bad-token": "without_a_live_token_the_answer_is_that_of_the_token_endpoint",
    "operations.status-not-found": "a_status_is_given_for_each_identifier_in_the_order_sent",
    "operations.tokens-omitted": "only_a_patient_who_can_be_invited_gets_codes",
    "operations.tokens-unknown": "the_letter_with_the_codes_is_in_the_outbox",
    "operations.read-receipts": "a_number_may_come_without_a_system_or_as_text",
    "operations.read-receipts-omitted": "unknown_numbers_and_documents_of_others_are_left_out",
    "operations.last-data-point-omitted": "patients_of_others_and_unknown_ones_are_left_out",
    "operations.last-data-point": "the_time_of_the_newest_data_point_is_returned",
    "operations.group-by-day": "the_latest_result_of_each_day_is_left_newest_first",
    "operations.questionnaire-request-omitted": "a_patient_who_cannot_be_asked_is_left_out",
}
"""Fact → the test that holds it."""


@cache
def named() -> str:
    """All code and tests but this file, for looking up ids."""
    files = (file for source in SOURCES for file in source.rglob("*.py") if file != Path(__file__))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@cache
def functions() -> frozenset[str]:
    """The names of all test functions, without `test_`."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in TESTS.rglob("test_*.py"))
    nodes = (node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef))
    return frozenset(node.name.removeprefix("test_") for node in nodes)


def is_named(id_: str) -> bool:
    return f'"{id_}"' in named()


@pytest.mark.parametrize("id_", ledger())
def test_a_fact_is_named_by_code_or_test_or_held_by_one(id_: str):
    held = is_named(id_) or id_ in HELD or any(re.fullmatch(pattern, id_) for pattern in FAMILIES)
    assert held or _operation_of_custom_rest(id_)


def _operation_of_custom_rest(id_: str) -> bool:
    """Operations are rows of the catalogue: `test_every_request_is_answered_as_the_catalogue_says`."""
    return ledger()[id_].where.endswith("catalogue.toml")


@pytest.mark.parametrize("id_", HELD)
def test_the_table_names_facts(id_: str):
    assert id_ in ledger()


@pytest.mark.parametrize("name", sorted({*FAMILIES.values(), *HELD.values()}))
def test_the_table_names_tests(name: str):
    assert name in functions()
