#pragma once

// The patterns of the service model (P appendix A) as linear-time predicates over the whole value. The text
// is what a validation message shows; the function is what decides. (std::regex recurses on long input.)

#include <string_view>

namespace iotemu::api {

struct Pattern {
  std::string_view text{};
  bool (*matches)(std::string_view){nullptr};
};

extern const Pattern kCertificateIdPattern;
extern const Pattern kAccountPattern;
extern const Pattern kPolicyNamePattern;
extern const Pattern kPolicyVersionIdPattern;
extern const Pattern kTemplateNamePattern;
extern const Pattern kPayloadVersionPattern;
extern const Pattern kBucketNamePattern;
extern const Pattern kObjectKeyPattern;
extern const Pattern kThingNamePattern;  ///< thing types too
extern const Pattern kAliasNamePattern;  ///< role aliases, authorizers
extern const Pattern kTokenKeyNamePattern;
extern const Pattern kDomainConfigurationNamePattern;
extern const Pattern kReservedDomainConfigurationNamePattern;  ///< the service's own too
extern const Pattern kAcmCertificateArnPattern;
extern const Pattern kLogDestinationPattern;
extern const Pattern kRuleNamePattern;
extern const Pattern kFirehoseSeparatorPattern;
extern const Pattern kSearchEndpointPattern;
extern const Pattern kSalesforceUrlPattern;
extern const Pattern kShadowNamePattern;
extern const Pattern kAttributeNamePattern;
extern const Pattern kAttributeValuePattern;
extern const Pattern kUserPropertyKeyPattern;
extern const Pattern kConnectionAttributePattern;
extern const Pattern kMarkerPattern;
extern const Pattern kClientIdPattern;
extern const Pattern kTagKeyPattern;
extern const Pattern kPrintablePattern;  ///< descriptions
extern const Pattern kNoControlPattern;  ///< descriptions of templates

}  // namespace iotemu::api
