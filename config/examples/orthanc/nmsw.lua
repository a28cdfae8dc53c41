-- Sends every CT series to NMSW Node once it is complete ("stable": nothing came for StableAge seconds). What the node sends
-- back has other modalities (SEG, SR, OT) and is not sent again. "nmsw" is the node's name under DicomModalities.
function OnStableSeries(seriesId, tags, metadata)
  if tags['Modality'] == 'CT' then
    -- A job, which Orthanc goes on beside, and which "POST /jobs/ID/resubmit" repeats where the node was not there.
    -- SendToModality sends instances only.
    local order = { Resources = { seriesId }, Synchronous = false }
    RestApiPost('/modalities/nmsw/store', DumpJson(order, true))
  end
end
