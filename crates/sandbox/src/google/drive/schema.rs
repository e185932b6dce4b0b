//! The types of Drive's answers as its description has them, to tell which selections make sense.

use crate::google::partial::Mask;

/// Each type with its members; after a colon the member's own type. A star is any member.
const TYPES: &[(&str, &str)] = &[
    ("FileList", "files:File incompleteSearch kind nextPageToken"),
    (
        "File",
        "appProperties:* capabilities:FileCapabilities \
         clientEncryptionDetails:ClientEncryptionDetails contentHints:FileContentHints \
         contentRestrictions:ContentRestriction copyRequiresWriterPermission createdTime description \
         downloadRestrictions:DownloadRestrictionsMetadata driveId explicitlyTrashed exportLinks:* \
         fileExtension folderColorRgb fullFileExtension hasAugmentedPermissions hasThumbnail \
         headRevisionId iconLink id imageMediaMetadata:FileImageMediaMetadata \
         inheritedPermissionsDisabled isAppAuthorized kind labelInfo:FileLabelInfo \
         lastModifyingUser:User linkShareMetadata:FileLinkShareMetadata md5Checksum mimeType \
         modifiedByMe modifiedByMeTime modifiedTime name originalFilename ownedByMe owners:User \
         parents permissionIds permissions:Permission properties:* quotaBytesUsed resourceKey \
         sha1Checksum sha256Checksum shared sharedWithMeTime sharingUser:User \
         shortcutDetails:FileShortcutDetails size spaces starred teamDriveId thumbnailLink \
         thumbnailVersion trashed trashedTime trashingUser:User version \
         videoMediaMetadata:FileVideoMediaMetadata viewedByMe viewedByMeTime viewersCanCopyContent \
         webContentLink webViewLink writersCanShare",
    ),
    (
        "FileCapabilities",
        "canAcceptOwnership canAccessViaGenAi canAddChildren canAddFolderFromAnotherDrive \
         canAddMyDriveParent canChangeCopyRequiresWriterPermission canChangeItemDownloadRestriction \
         canChangeSecurityUpdateEnabled canChangeViewersCanCopyContent canComment canCopy canDelete \
         canDeleteChildren canDisableInheritedPermissions canDownload canEdit \
         canEnableInheritedPermissions canListChildren canModifyContent canModifyContentRestriction \
         canModifyEditorContentRestriction canModifyLabels canModifyOwnerContentRestriction \
         canMoveChildrenOutOfDrive canMoveChildrenOutOfTeamDrive canMoveChildrenWithinDrive \
         canMoveChildrenWithinTeamDrive canMoveItemIntoTeamDrive canMoveItemOutOfDrive \
         canMoveItemOutOfTeamDrive canMoveItemWithinDrive canMoveItemWithinTeamDrive \
         canMoveTeamDriveItem canReadDrive canReadLabels canReadRevisions canReadTeamDrive \
         canRemoveChildren canRemoveContentRestriction canRemoveMyDriveParent canRename canShare \
         canStartApproval canTrash canTrashChildren canUntrash",
    ),
    ("ClientEncryptionDetails", "decryptionMetadata:* encryptionState"),
    ("FileContentHints", "indexableText thumbnail:FileContentHintsThumbnail"),
    ("FileContentHintsThumbnail", "image mimeType"),
    (
        "ContentRestriction",
        "ownerRestricted readOnly reason restrictingUser:User restrictionTime systemRestricted type",
    ),
    ("User", "displayName emailAddress kind me permissionId photoLink"),
    (
        "DownloadRestrictionsMetadata",
        "effectiveDownloadRestrictionWithContext:DownloadRestriction \
         itemDownloadRestriction:DownloadRestriction",
    ),
    ("DownloadRestriction", "restrictedForReaders restrictedForWriters"),
    (
        "FileImageMediaMetadata",
        "aperture cameraMake cameraModel colorSpace exposureBias exposureMode exposureTime flashUsed \
         focalLength height isoSpeed lens location:FileImageMediaMetadataLocation maxApertureValue \
         meteringMode rotation sensor subjectDistance time whiteBalance width",
    ),
    ("FileImageMediaMetadataLocation", "altitude latitude longitude"),
    ("FileLabelInfo", "labels:*"),
    ("FileLinkShareMetadata", "securityUpdateEligible securityUpdateEnabled"),
    (
        "Permission",
        "allowFileDiscovery deleted displayName domain emailAddress expirationTime id \
         inheritedPermissionsDisabled kind pendingOwner permissionDetails:PermissionPermissionDetails \
         photoLink role teamDrivePermissionDetails:PermissionTeamDrivePermissionDetails type view",
    ),
    ("PermissionPermissionDetails", "inherited inheritedFrom permissionType role"),
    ("PermissionTeamDrivePermissionDetails", "inherited inheritedFrom role teamDrivePermissionType"),
    ("FileShortcutDetails", "targetId targetMimeType targetResourceKey"),
    ("FileVideoMediaMetadata", "durationMillis height width"),
    ("PermissionList", "kind nextPageToken permissions:Permission"),
    ("CommentList", "comments:Comment kind nextPageToken"),
    (
        "Comment",
        "anchor assigneeEmailAddress author:User content createdTime deleted htmlContent id kind \
         mentionedEmailAddresses modifiedTime quotedFileContent:CommentQuotedFileContent \
         replies:Reply resolved",
    ),
    ("CommentQuotedFileContent", "mimeType value"),
    (
        "Reply",
        "action assigneeEmailAddress author:User content createdTime deleted htmlContent id kind \
         mentionedEmailAddresses modifiedTime",
    ),
    ("ReplyList", "kind nextPageToken replies:Reply"),
    ("RevisionList", "kind nextPageToken revisions:Revision"),
    (
        "Revision",
        "exportLinks:* id keepForever kind lastModifyingUser:User md5Checksum mimeType modifiedTime \
         originalFilename publishAuto published publishedLink publishedOutsideDomain size",
    ),
    (
        "About",
        "appInstalled canCreateDrives canCreateTeamDrives driveThemes:AboutDriveThemes \
         exportFormats:* folderColorPalette importFormats:* kind maxImportSizes:* maxUploadSize \
         storageQuota:AboutStorageQuota teamDriveThemes:AboutTeamDriveThemes user:User",
    ),
    ("AboutDriveThemes", "backgroundImageLink colorRgb id"),
    ("AboutStorageQuota", "limit usage usageInDrive usageInDriveTrash"),
    ("AboutTeamDriveThemes", "backgroundImageLink colorRgb id"),
    ("ChangeList", "changes:Change kind newStartPageToken nextPageToken"),
    (
        "Change",
        "changeType drive:Drive driveId file:File fileId kind removed teamDrive:TeamDrive teamDriveId \
         time type",
    ),
    (
        "Drive",
        "backgroundImageFile:DriveBackgroundImageFile backgroundImageLink \
         capabilities:DriveCapabilities colorRgb createdTime hidden id kind name orgUnitId \
         restrictions:DriveRestrictions themeId",
    ),
    ("DriveBackgroundImageFile", "id width xCoordinate yCoordinate"),
    (
        "DriveCapabilities",
        "canAddChildren canChangeCopyRequiresWriterPermissionRestriction \
         canChangeDomainUsersOnlyRestriction canChangeDownloadRestriction canChangeDriveBackground \
         canChangeDriveMembersOnlyRestriction \
         canChangeSharingFoldersRequiresOrganizerPermissionRestriction canComment canCopy \
         canDeleteChildren canDeleteDrive canDownload canEdit canListChildren canManageMembers \
         canReadRevisions canRename canRenameDrive canResetDriveRestrictions canShare \
         canTrashChildren",
    ),
    (
        "DriveRestrictions",
        "adminManagedRestrictions copyRequiresWriterPermission domainUsersOnly \
         downloadRestriction:DownloadRestriction driveMembersOnly \
         sharingFoldersRequiresOrganizerPermission",
    ),
    (
        "TeamDrive",
        "backgroundImageFile:TeamDriveBackgroundImageFile backgroundImageLink \
         capabilities:TeamDriveCapabilities colorRgb createdTime id kind name orgUnitId \
         restrictions:TeamDriveRestrictions themeId",
    ),
    ("TeamDriveBackgroundImageFile", "id width xCoordinate yCoordinate"),
    (
        "TeamDriveCapabilities",
        "canAddChildren canChangeCopyRequiresWriterPermissionRestriction \
         canChangeDomainUsersOnlyRestriction canChangeDownloadRestriction \
         canChangeSharingFoldersRequiresOrganizerPermissionRestriction canChangeTeamDriveBackground \
         canChangeTeamMembersOnlyRestriction canComment canCopy canDeleteChildren canDeleteTeamDrive \
         canDownload canEdit canListChildren canManageMembers canReadRevisions canRemoveChildren \
         canRename canRenameTeamDrive canResetTeamDriveRestrictions canShare canTrashChildren",
    ),
    (
        "TeamDriveRestrictions",
        "adminManagedRestrictions copyRequiresWriterPermission domainUsersOnly \
         downloadRestriction:DownloadRestriction sharingFoldersRequiresOrganizerPermission \
         teamMembersOnly",
    ),
    ("DriveList", "drives:Drive kind nextPageToken"),
    ("StartPageToken", "kind startPageToken"),
    ("GeneratedIds", "ids kind space"),
];

fn of(kind: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let found = TYPES.iter().find(|(name, _)| *name == kind).map_or("", |(_, members)| members);
    found.split_ascii_whitespace().map(|member| member.split_once(':').unwrap_or((member, "")))
}

/// A name in the mask that `kind` does not have.
pub(super) fn stranger<'m>(mask: &'m Mask, kind: &str) -> Option<&'m str> {
    mask.members().find_map(|(name, inner)| {
        if name == "*" {
            // What a star covers need not all have the members that follow.
            let fits = of(kind).any(|(_, member)| inner.is_whole() || stranger(inner, member).is_none());
            return (!fits).then_some(name);
        }
        match of(kind).find(|(own, _)| *own == name) {
            None => Some(name),
            // A star has members of any name, a plain value none.
            Some((_, "*")) => None,
            Some((_, member)) => stranger(inner, member),
        }
    })
}
