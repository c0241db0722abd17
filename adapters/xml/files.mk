# The adapter xml: its sources and test, and the ready mappings for departments that need no C, with what only they need.
xml_SRC := adapters/xml/xml.c
adapter_TESTS += xml
mapping_DATA += mappings/tables/civil-affairs.allowance.tsv \
	mappings/tables/civil-affairs.death.tsv \
	mappings/tables/translate/civil-affairs-death.words.tsv \
	mappings/tables/translate/civil-affairs-state.words.tsv \
	mappings/tables/translate/street-death.xfjd.tsv \
	mappings/tables/street.death.tsv
mapping_DATA += mappings/key-persons.xml
mapping_DATA += mappings/household-register.xml
mapping_DATA += mappings/medical-insurance.xml
mapping_DATA += mappings/governance.xml \
	mappings/tables/GB-T-31000.china-purpose.tsv \
	mappings/tables/GB-T-31000.diagnosis.tsv \
	mappings/tables/GB-T-31000.drug-control.tsv \
	mappings/tables/GB-T-31000.handover.tsv \
	mappings/tables/GB-T-31000.health.tsv \
	mappings/tables/GB-T-31000.household-match.tsv \
	mappings/tables/GB-T-31000.leftbehind-type.tsv \
	mappings/tables/GB-T-31000.resettlement.tsv \
	mappings/tables/GB-T-31000.risk-level.tsv \
	mappings/tables/GB-T-31000.risk-type.tsv \
	mappings/tables/GB-T-31000.treatment.tsv \
	mappings/tables/governance.data-status.tsv \
	mappings/tables/police.contraception.tsv \
	mappings/tables/police.pregnancy.tsv \
	mappings/tables/translate/id-document.chs.tsv \
	mappings/tables/translate/receiving-mode.GB-T-31000.tsv \
	mappings/tables/translate/recidivist.SF-T-0015.tsv
mapping_DATA += mappings/health-reports.xml \
	mappings/tables/health.birth-place.tsv \
	mappings/tables/health.card-category.tsv \
	mappings/tables/health.case-class.tsv \
	mappings/tables/health.case-kind.tsv \
	mappings/tables/health.file-close-reason.tsv \
	mappings/tables/health.file-status.tsv \
	mappings/tables/translate/health-file-status.words.tsv \
	mappings/tables/health.infectious-disease.tsv \
	mappings/tables/health.locking.tsv \
	mappings/tables/health.patient-group.tsv \
	mappings/tables/health.patient-origin.tsv
mapping_DATA += mappings/education.xml
mapping_DATA += mappings/labour.xml \
	mappings/tables/JY-T-1001.status-change-reason.tsv \
	mappings/tables/JY-T-1001.status-change.tsv \
	mappings/tables/education.household-nature.tsv \
	mappings/tables/education.left-behind.tsv \
	mappings/tables/hrss.card-status.tsv \
	mappings/tables/hrss.difficulty.tsv \
	mappings/tables/hrss.employment-end.tsv \
	mappings/tables/hrss.employment-form.tsv \
	mappings/tables/hrss.unemployment-end.tsv \
	mappings/tables/hrss.unemployment-reason.tsv \
	mappings/tables/translate/blood.education.tsv \
	mappings/tables/translate/health-status.roll.tsv \
	mappings/tables/translate/left-behind.words.tsv
mapping_DATA += mappings/street-people.xml
mapping_DATA += mappings/veterans.xml
mapping_DATA += mappings/funeral.xml \
	mappings/tables/funeral.body.tsv \
	mappings/tables/translate/funeral-body.words.tsv
mapping_DATA += mappings/civil-affairs.xml \
	mappings/tables/translate/disability-level.xfjd.tsv \
	mappings/tables/translate/marital.xfjd.tsv \
	mappings/tables/translate/sex.xfjd.tsv \
	mappings/tables/translate/yes-no.xfjd.tsv \
	mappings/tables/veterans.removed-reason.tsv
mapping_DATA += mappings/justice.xml \
	mappings/tables/SF-T-0015.correction-category.tsv \
	mappings/tables/SF-T-0015.correction-end.tsv \
	mappings/tables/SF-T-0015.crime-class.tsv \
	mappings/tables/SF-T-0015.decision-body.tsv \
	mappings/tables/SF-T-0015.original-sentence.tsv \
	mappings/tables/SF-T-0015.receiving-mode.tsv \
	mappings/tables/SF-T-0015.recommit-reason.tsv \
	mappings/tables/SF-T-0015.recommit-type.tsv \
	mappings/tables/SF-T-0015.reporting-in.tsv \
	mappings/tables/SF-T-0015.sanction.tsv \
	mappings/tables/justice.released-kind.tsv \
	mappings/tables/justice.released-source.tsv \
	mappings/tables/legal-aid.case-source.tsv \
	mappings/tables/legal-aid.item-type.tsv \
	mappings/tables/legal-aid.person-kind.tsv \
	mappings/tables/legal-aid.way.tsv \
	mappings/tables/translate/education.justice.tsv \
	mappings/tables/translate/ethnic.legal-aid.tsv \
	mappings/tables/translate/id-document.legal-aid.tsv \
	mappings/tables/translate/marital.justice.tsv \
	mappings/tables/translate/marital.legal-aid.tsv
mapping_DATA += mappings/rental.xml \
	mappings/tables/GB-T-31000.building-use.tsv \
	mappings/tables/GB-T-31000.hazard.tsv \
	mappings/tables/GB-T-31000.rent-use.tsv \
	mappings/tables/police.tenant-kind.tsv \
	mappings/tables/translate/rent-use.misread.tsv \
	mappings/tables/translate/yes-no.one-two.tsv \
	mappings/tables/translate/yes-no.words.tsv \
	mappings/tables/yes-no.tsv
mapping_DATA += mappings/floating.xml \
	mappings/tables/GB-T-31000.dwelling-type.tsv \
	mappings/tables/GB-T-31000.inflow-cause.tsv \
	mappings/tables/GB-T-31000.permit-type.tsv \
	mappings/tables/death.hint.tsv \
	mappings/tables/police.permit-printing.tsv \
	mappings/tables/police.permit-status.tsv \
	mappings/tables/translate/death-hint.words.tsv \
	mappings/tables/translate/employment-end.words.tsv \
	mappings/tables/translate/permit-status.words.tsv
mapping_DATA += mappings/disabled.xml mappings/family-planning.xml mappings/low-income.xml \
	mappings/population-base.xml \
	mappings/tables/GB-T-26341.category.tsv \
	mappings/tables/GB-T-26341.level.tsv \
	mappings/tables/translate/disability-category.words.tsv \
	mappings/tables/translate/disability-level.words.tsv \
	mappings/tables/translate/relation.hubei.tsv
mapping_DATA += mappings/legal-persons.xml mappings/tax.xml \
	mappings/tables/legal-person.status.tsv \
	mappings/tables/translate/legal-person-status.letters.tsv
mapping_DATA += mappings/real-estate.xml \
	mappings/tables/realestate.record-kind.tsv
mapping_DATA += mappings/housing.xml \
	mappings/tables/housing.guarantee-type.tsv \
	mappings/tables/housing.household-status.tsv \
	mappings/tables/housing.application-type.tsv \
	mappings/tables/housing.application-status.tsv \
	mappings/tables/housing.allocation-status.tsv \
	mappings/tables/housing.subsidy-status.tsv \
	mappings/tables/housing.termination-reason.tsv \
	mappings/tables/housing.subsidy-transaction.tsv \
	mappings/tables/translate/marital.housing.tsv \
	mappings/tables/translate/sex.housing.tsv
mapping_DATA += mappings/housing-fund.xml
mapping_DATA += mappings/utilities.xml
mapping_DATA += mappings/urban-management.xml
mapping_DATA += mappings/credit.xml
mapping_DATA += mappings/emergency.xml \
	mappings/tables/alert.status.tsv \
	mappings/tables/alert.message-type.tsv \
	mappings/tables/alert.classification.tsv \
	mappings/tables/alert.severity.tsv \
	mappings/tables/translate/alert-status.words.tsv \
	mappings/tables/translate/alert-message-type.words.tsv
mapping_DATA += mappings/traffic.xml \
	mappings/tables/traffic.source.tsv \
	mappings/tables/traffic.writing.tsv
mapping_DATA += mappings/addresses.xml \
	mappings/tables/address.element-type.tsv
mapping_DATA += mappings/one-stop.xml \
	mappings/tables/exchange.operation.tsv
mapping_DATA += mappings/hotline.xml
mapping_DATA += mappings/social-workers.xml
mapping_DATA += mappings/exchange-tables.xml
mapping_DATA += mappings/volunteers.xml \
	mappings/tables/volunteer.entry.tsv
mapping_DATA += mappings/charity.xml \
	mappings/tables/translate/yes-no.charity.tsv
mapping_DATA += mappings/child-welfare.xml \
	mappings/tables/child-welfare.approval.tsv \
	mappings/tables/child-welfare.kind.tsv
mapping_DATA += mappings/non-tax.xml \
	mappings/tables/finance.bill-title.tsv
mapping_DATA += mappings/maintenance-fund.xml \
	mappings/tables/housing.fund-deposit.tsv \
	mappings/tables/housing.fund-office.tsv \
	mappings/tables/translate/fund-deposit.words.tsv
mapping_DATA += mappings/property-management.xml \
	mappings/tables/housing.filing-status.tsv \
	mappings/tables/housing.project-company.tsv \
	mappings/tables/housing.property-obtained.tsv \
	mappings/tables/housing.subsidized-home.tsv \
	mappings/tables/translate/filing-status.words.tsv \
	mappings/tables/translate/project-company.guid.tsv
mapping_DATA += mappings/statistics-units.xml \
	mappings/tables/statistics.institution.tsv \
	mappings/tables/statistics.operating-state.tsv \
	mappings/tables/statistics.scale.tsv \
	mappings/tables/translate/operating-state.words.tsv
mapping_DATA += mappings/environment.xml \
	mappings/tables/environment.application.tsv \
	mappings/tables/translate/environment-application.words.tsv
mapping_DATA += mappings/community-notices.xml
mapping_DATA += mappings/venues.xml \
	mappings/tables/culture.permit-state.tsv \
	mappings/tables/translate/permit-state.words.tsv
mapping_DATA += mappings/commerce.xml
